using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Chats;

/// <summary>A present member of a chat.</summary>
/// <param name="User">Who.</param>
/// <param name="Role">What the member may do.</param>
/// <param name="FromSeq">The first seq of the present stay: the member sees from there.</param>
internal readonly record struct Member(UserId User, Role Role, long FromSeq);

/// <summary>The present members of a chat, ordered by the bytes of their ids; immutable.</summary>
internal sealed class Roster
{
    private readonly Member[] _members;

    private Roster(Member[] members) => _members = members;

    public static Roster Empty { get; } = new([]);

    public int Count => _members.Length;

    public ReadOnlySpan<Member> Members => _members;

    /// <summary>The same, to be kept.</summary>
    public ReadOnlyMemory<Member> AsMemory() => _members;

    /// <summary>Takes members in any order, each user once.</summary>
    public static Roster Create(IEnumerable<Member> members)
    {
        var sorted = members.ToArray();
        Array.Sort(sorted, static (a, b) => string.CompareOrdinal(a.User.Value, b.User.Value));
        for (var i = 1; i < sorted.Length; i++)
            if (sorted[i].User == sorted[i - 1].User)
                throw new ArgumentException("A user is in the roster once.", nameof(members));
        return new Roster(sorted);
    }

    public bool Contains(UserId user) => IndexOf(user) >= 0;

    public bool TryGet(UserId user, out Member member)
    {
        var index = IndexOf(user);
        member = index < 0 ? default : _members[index];
        return index >= 0;
    }

    /// <summary>How many members have the role.</summary>
    public int CountOf(Role role)
    {
        var count = 0;
        foreach (var member in _members)
            if (member.Role == role)
                count++;
        return count;
    }

    /// <summary>The roster with the member put in, in place of the user's former entry if there was one.</summary>
    public Roster With(Member member) =>
        Create(_members.Where(m => m.User != member.User).Append(member));

    public Roster Without(UserId user) => new(Array.FindAll(_members, m => m.User != user));

    private int IndexOf(UserId user)
    {
        int low = 0, high = _members.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(_members[middle].User.Value, user.Value);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return -1;
    }
}
