using LiveChat.Protocol.Frames;

namespace LiveChat.EndToEnd.Groups;

/// <summary>What a chat's events mean for its members, worked out in the plainest way.</summary>
internal sealed class PlainGroup
{
    private readonly Dictionary<string, List<Seen>> _seen = [];
    private readonly HashSet<long> _pulled = [];

    /// <summary>How often the chat went from one mode to the other.</summary>
    public int Crossings { get; private set; }

    /// <summary>The seqs that were pushed.</summary>
    public List<long> Pushed { get; } = [];

    public static PlainGroup Of(IEnumerable<string> first, IEnumerable<Seen> events, int pullAt, int pushBelow)
    {
        var group = new PlainGroup();
        var members = new HashSet<string>(first);
        var isPull = false;
        foreach (var happened in events)
        {
            if (happened.Type == nameof(MemberAdded)) members.UnionWith(happened.Content.Split(' '));

            // Whom an event removes sees it as the last one.
            foreach (var member in members) group.ListOf(member).Add(happened);
            if (happened.Type == nameof(MemberRemoved)) members.Remove(happened.Content);
            var wasPull = isPull;
            isPull = members.Count >= (isPull ? pushBelow : pullAt);
            if (isPull != wasPull) group.Crossings++;
            if (isPull) group._pulled.Add(happened.Seq);
            else group.Pushed.Add(happened.Seq);
        }

        return group;
    }

    public bool IsPulled(long seq) => _pulled.Contains(seq);

    /// <summary>The events of the user's stays.</summary>
    public IReadOnlyList<Seen> SeenBy(string user) => ListOf(user);

    private List<Seen> ListOf(string user)
    {
        if (!_seen.TryGetValue(user, out var list)) _seen.Add(user, list = []);
        return list;
    }
}
