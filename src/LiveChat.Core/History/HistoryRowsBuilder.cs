using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using Kind = LiveChat.Core.Log.Record.BodyOneofCase;

namespace LiveChat.Core.History;

/// <summary>
/// What consecutive events of a chat write to history: per event its row, the rows of what it acts on and its key;
/// then, once for all of them, the rows of <c>user_chats</c> that only rise (a chat of 40 members that got ten
/// messages in a commit raises 40 heads, not 400). Pure: the same events give the same cells, however they are cut
/// into commits, because a coalesced row has the values and the stamp of the last event that it stands for. The one
/// exception: a commit in which a chat becomes pull leaves the members' heads as they were before it, another cut may
/// have raised them further. Nobody reads the heads of a pull chat; becoming push again, or leaving, raises them.
/// </summary>
internal sealed class HistoryRowsBuilder
{
    private readonly List<HistoryRow> _rows = [];
    private readonly Dictionary<UserId, UserChatReadRow> _reads = [];
    private bool _rosterChanged;

    private HistoryRowsBuilder()
    {
    }

    /// <param name="events">One or more consecutive events of one chat.</param>
    public static HistoryCommit Build(IReadOnlyList<SequencedEvent> events)
    {
        ArgumentOutOfRangeException.ThrowIfZero(events.Count);
        var builder = new HistoryRowsBuilder();
        foreach (var e in events)
            builder.Add(e);

        var head = events[^1].After;
        builder._rows.AddRange(builder._reads.Values);
        if (!head.Pull)
            foreach (var member in head.Roster.Members)
                builder._rows.Add(HeadOf(member.User, head));
        return new HistoryCommit(builder._rows, head, builder._rosterChanged);
    }

    /// <summary>The event as history keeps it, without content.</summary>
    public static StoredEvent StoredOf(SequencedEvent e) => EventOf(e, WithoutContent(e.Record));

    /// <summary>The event with its content in the record, for live delivery.</summary>
    public static StoredEvent WholeOf(SequencedEvent e) => EventOf(e, e.Record);

    /// <summary>The content that lies in a cell of its own: a message's or an edit's body.</summary>
    public static Body? ContentOf(Record record) => record.BodyCase switch
    {
        Kind.Message => record.Message.Body ?? new Body(),
        Kind.Edit => record.Edit.Body ?? new Body(),
        _ => null,
    };

    private void Add(SequencedEvent e)
    {
        var (record, after, stamp) = (e.Record, e.After, e.After.Stamp);
        var target = (long)(record.Target?.Seq ?? 0);
        var content = ContentOf(record);
        _rows.Add(new EventRow(stamp, StoredOf(e), record.BodyCase == Kind.Message ? content : null));
        switch (record.BodyCase)
        {
            case Kind.Message:
                _reads[e.Sender] = new UserChatReadRow(e.Sender, after.Seq, after.N, after.TimeMs);
                break;
            case Kind.Edit:
                _rows.Add(new EditRow(stamp, target, after.Seq, content!));
                break;
            case Kind.Delete:
                _rows.Add(new ErasureRow(stamp, target, after.Seq));
                break;
            case Kind.Reaction:
                var reaction = record.Reaction;
                _rows.Add(new ReactionRow(stamp, target, reaction.Emoji, e.Sender, reaction.On, after.Seq));
                break;
            case Kind.ChatDeleted:
                _rows.Add(new DeletionRow(stamp, after.TimeMs));
                break;
        }

        AddMembership(e);
        _rows.Add(new KeyRow(stamp, e.Sender, e.ClientId, e.Use));
    }

    /// <summary>Stays that begin or end, and the flag of the others when the chat crosses the threshold.</summary>
    private void AddMembership(SequencedEvent e)
    {
        var (before, after) = (e.Before, e.After);
        if (before is not null && ReferenceEquals(before.Roster, after.Roster))
            return;

        _rosterChanged = true;
        foreach (var member in after.Roster.Members)
        {
            var joins = member.FromSeq == after.Seq;
            if (joins)
            {
                _rows.Add(new StayRow(after.Stamp, member.User, after.Seq, null));
                _reads[member.User] = new UserChatReadRow(member.User, after.Seq, after.N, after.TimeMs);
            }

            if (joins || before?.Pull != after.Pull)
                _rows.Add(new UserChatRow(after.Stamp, member.User, member.FromSeq, null, after.Pull));
        }

        foreach (var member in before is null ? [] : before.Roster.Members)
            if (!after.Roster.Contains(member.User))
            {
                _rows.Add(new StayRow(after.Stamp, member.User, member.FromSeq, after.Seq));
                _rows.Add(new UserChatRow(after.Stamp, member.User, member.FromSeq, after.Seq, Pull: false));
                _rows.Add(HeadOf(member.User, after));
            }
    }

    private static UserChatHeadRow HeadOf(UserId user, ChatState state) =>
        new(state.Stamp, user, state.Seq, state.N, state.TimeMs);

    private static StoredEvent EventOf(SequencedEvent e, Record record)
    {
        var stored = new StoredEvent
        {
            Seq = (ulong)e.After.Seq,
            N = (ulong)e.After.N,
            TimeMs = e.After.TimeMs,
            Position = e.After.Position.Value,
            Record = record.BodyCase == Kind.Settings ? WithSettings(record, e.After) : record,
        };
        foreach (var user in e.Added)
            stored.Added.Add(user.Value);
        return stored;
    }

    /// <summary>The event says the settings after the change, also those that it left as they were.</summary>
    private static Record WithSettings(Record record, ChatState after)
    {
        var settings = record.Settings;
        if (settings.HasTitle && !settings.HasCustomPatch && (settings.HasCustom || after.Custom.Length == 0))
            return record;
        var whole = record.Clone();
        whole.Settings.ClearCustomPatch();
        whole.Settings.Title = after.Title;
        whole.Settings.Custom = after.Custom;
        return whole;
    }

    private static Record WithoutContent(Record record)
    {
        if (record.BodyCase is not (Kind.Message or Kind.Edit))
            return record;

        var stripped = new Record
        {
            Id = record.Id,
            Chat = record.Chat,
            Sender = record.Sender,
            ClientId = record.ClientId,
            MembersMax = record.MembersMax,
            PullAt = record.PullAt,
            PushBelow = record.PushBelow,
            UnansweredMax = record.UnansweredMax,
            Target = record.Target,
        };
        if (record.BodyCase == Kind.Message)
            stripped.Message = new Message();
        else
            stripped.Edit = new Edit();
        return stripped;
    }
}
