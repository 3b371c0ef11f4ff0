using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using Kind = LiveChat.Core.Log.Record.BodyOneofCase;

namespace LiveChat.Core.History.Reading;

/// <summary>
/// A chat at the moment of a read, for one user: history's head, the events above it that the tail cache holds
/// without a hole, and the user's stays as both of them say.
/// </summary>
internal sealed class ChatView
{
    private readonly List<MemberStay> _stays = [];

    public ChatView(
        ChatId chat,
        UserId user,
        ChatState? stored,
        IReadOnlyList<StoredEvent> tail,
        IReadOnlyList<MemberStay> stays)
    {
        (Chat, User, Stored, Tail, Awaits) = (chat, user, stored, tail, stored?.Awaits);
        foreach (var stay in stays)
            if (stay.FromSeq <= StoredSeq)
                _stays.Add(stay with { ToSeq = stay.ToSeq > StoredSeq ? null : stay.ToSeq });
        if (stored is { IsDeleted: true }) End(stored.Seq);
        foreach (var chatEvent in tail)
            Apply(chatEvent);
    }

    public ChatId Chat { get; }

    public UserId User { get; }

    /// <summary>History's head; null when history does not have the chat yet.</summary>
    public ChatState? Stored { get; }

    public IReadOnlyList<StoredEvent> Tail { get; }

    public long StoredSeq => Stored?.Seq ?? 0;

    /// <summary>The last event that this view has.</summary>
    public long Seq => Tail.Count > 0 ? (long)Tail[^1].Seq : StoredSeq;

    /// <summary>The number of messages up to there.</summary>
    public long N => Tail.Count > 0 ? (long)Tail[^1].N : Stored?.N ?? 0;

    public IReadOnlyList<MemberStay> Stays => _stays;

    /// <summary>Whose answer the chat awaits at <see cref="Seq"/>; see <see cref="ChatState.Awaits"/>.</summary>
    public UserId? Awaits { get; private set; }

    /// <summary>Whether the user is a member at <see cref="Seq"/>.</summary>
    public bool IsMember => _stays.Count > 0 && _stays[^1].ToSeq is null;

    /// <summary>The last event that the user may see; 0 for none.</summary>
    public long VisibleSeq => _stays.Count == 0 ? 0 : _stays[^1].ToSeq ?? Seq;

    /// <summary>The stay that covers a seq.</summary>
    public MemberStay? StayAt(long seq)
    {
        foreach (var stay in _stays)
            if (stay.Covers(seq))
                return stay;
        return null;
    }

    /// <summary>Who is a member at <see cref="Seq"/>.</summary>
    public HashSet<string> Members()
    {
        var members = new HashSet<string>();
        foreach (var member in Stored is null ? [] : Stored.Roster.Members) members.Add(member.User.Value);
        foreach (var chatEvent in Tail)
        {
            var record = chatEvent.Record;
            if (record.Created is { } created) members.UnionWith([record.Sender, .. created.Members]);
            members.UnionWith(chatEvent.Added);
            if (record.MemberRemoved is { } removal) members.Remove(removal.User);
            if (record.ChatDeleted is not null) members.Clear();
        }

        return members;
    }

    /// <summary>Of a deleted chat its deletion is left, for those who were members then.</summary>
    private void End(long deletedSeq)
    {
        _stays.RemoveAll(stay => stay.ToSeq < deletedSeq);
        for (var i = 0; i < _stays.Count; i++)
            _stays[i] = _stays[i] with { FromSeq = Math.Max(_stays[i].FromSeq, deletedSeq) };
        Awaits = null;
    }

    private void Apply(StoredEvent chatEvent)
    {
        var (seq, record, user) = ((long)chatEvent.Seq, chatEvent.Record, User.Value);
        if (record.ChatDeleted is not null)
        {
            if (IsMember) _stays[^1] = _stays[^1] with { ToSeq = seq };
            End(seq);
            return;
        }

        Awaits = RulesV2.AwaitsAfter(Awaits, record);
        var joins = record.BodyCase == Kind.Created
            ? record.Sender == user || record.Created.Members.Contains(user)
            : chatEvent.Added.Contains(user);
        if (joins && !IsMember)
            _stays.Add(new MemberStay(seq, null));
        else if (IsMember && record.MemberRemoved?.User == user)
            _stays[^1] = _stays[^1] with { ToSeq = seq };
    }
}
