using System.Diagnostics;
using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History;

/// <summary>The rows of one chat in <see cref="InMemoryHistoryStore"/>, under its lock.</summary>
internal sealed class ChatRows
{
    public Cell<ChatState> Head;
    public Cell<Roster> Roster;

    private readonly SortedDictionary<long, EventCells> _events = [];
    private readonly Dictionary<UserId, SortedDictionary<long, Cell<StayRow>>> _stays = [];

    /// <summary>The stamp of the deletion whose purge removed what is older; 0 for none.</summary>
    public long PurgedStamp { get; private set; }

    public Dictionary<CommandKey, Cell<KeyUse?>> Keys { get; } = [];

    public Dictionary<UserId, Marker> Markers { get; } = [];

    public void Apply(HistoryRow row)
    {
        switch (row)
        {
            case EventRow e:
                var cells = EventOf((long)e.Event.Seq);
                cells.Event.Write(e.Stamp, e.Event);
                if (e.Content is not null)
                    cells.Content.Write(e.Stamp, e.Content);
                break;
            case EditRow edit:
                EventOf(edit.Target).Edits[edit.EditSeq] = edit;
                break;
            case ErasureRow erasure:
                var target = EventOf(erasure.Target);
                target.Content.Write(erasure.Stamp, null);
                target.Deleted.Write(erasure.Stamp, erasure.DeletedSeq);
                break;
            case ReactionRow reaction:
                var on = EventOf(reaction.Target);
                var before = on.Reactions.GetValueOrDefault((reaction.Emoji, reaction.User));
                before.Write(reaction.Stamp, reaction);
                on.Reactions[(reaction.Emoji, reaction.User)] = before;
                on.ReactionChanges[reaction.EventSeq] = reaction;
                break;
            case StayRow stay:
                Apply(stay);
                break;
            case KeyRow key:
                var use = Keys.GetValueOrDefault(new CommandKey(key.Sender, key.ClientId));
                use.Write(key.Stamp, key.Use);
                Keys[new CommandKey(key.Sender, key.ClientId)] = use;
                break;
            default:
                throw new UnreachableException($"{row.GetType().Name} is a row of another table.");
        }
    }

    /// <summary>Removes the user's stays and marker.</summary>
    public void Forget(UserId user)
    {
        _stays.Remove(user);
        Markers.Remove(user);
    }

    /// <summary>Leaves what belongs to the event of the deletion.</summary>
    /// <returns>The creation, when it is there; and who is left, and who is not.</returns>
    public (Record? Creation, List<UserId> Left, List<UserId> Gone) Purge(ChatState head)
    {
        var deletedSeq = head.Seq;
        PurgedStamp = head.Stamp;
        var creation = _events.TryGetValue(1, out var first) ? first.Event.Value?.Record : null;
        foreach (var seq in _events.Keys.Where(seq => seq < deletedSeq).ToArray()) _events.Remove(seq);
        foreach (var (key, use) in Keys.ToArray())
            if (use.Value?.Seq < deletedSeq)
                Keys.Remove(key);
        var (left, gone) = (new List<UserId>(), new List<UserId>());
        foreach (var (user, stays) in _stays)
        {
            foreach (var stay in stays.Where(stay => stay.Value.Value!.ToSeq != deletedSeq).ToArray())
                stays.Remove(stay.Key);
            (stays.Count > 0 ? left : gone).Add(user);
        }

        foreach (var user in gone) _stays.Remove(user);
        Markers.Clear();
        return (creation, left, gone);
    }

    /// <summary>Everybody who has a stay.</summary>
    public IEnumerable<UserId> Users => _stays.Keys;

    /// <summary>Returns the marker that was there before.</summary>
    public Marker Raise(MarkerRaise raise)
    {
        var marker = Markers.GetValueOrDefault(raise.User, new Marker(raise.User, 0, 0, 0));
        Markers[raise.User] = marker.Raise(raise);
        return marker;
    }

    public EventsRead Entries(EventRange range)
    {
        var events = _events.SkipWhile(e => e.Key < range.From).TakeWhile(e => e.Key <= range.To);
        var (entries, taken) = (new List<HistoryEntry>(), default(ReadCost));
        foreach (var (seq, cells) in range.IsDownward ? events.Reverse() : events)
        {
            if (range.IsFull(taken)) break;
            if (cells.Read(range, seq, this) is not { } entry) continue;
            entries.Add(entry);
            taken += CostOf(entry);
        }

        if (range.IsDownward) entries.Reverse();
        return new EventsRead(entries, taken, range.IsFull(taken));
    }

    public IReadOnlyList<MemberStay> StaysOf(UserId user) => _stays.TryGetValue(user, out var stays)
        ? [.. stays.Values.TakeLast(IHistoryStore.StaysMax)
            .Select(static stay => new MemberStay(stay.Value!.FromSeq, stay.Value.ToSeq))]
        : [];

    /// <summary>A row for each cell that a store has of it.</summary>
    private static ReadCost CostOf(HistoryEntry entry) => new(
        1 + (entry.Content is null ? 0 : 1) + (entry.Edit is null ? 0 : 1) + (entry.DeletedSeq is null ? 0 : 1)
            + entry.Reactions.Count,
        entry.Event.CalculateSize() + (entry.Content?.CalculateSize() ?? 0)
            + (entry.Edit?.Content.CalculateSize() ?? 0));

    private void Apply(StayRow row)
    {
        if (!_stays.TryGetValue(row.User, out var stays))
            _stays.Add(row.User, stays = []);
        var stay = stays.GetValueOrDefault(row.FromSeq);
        stay.Write(row.Stamp, row);
        stays[row.FromSeq] = stay;
    }

    /// <summary>What an edit gave its message, while that has content.</summary>
    private Body? EditBody(StoredEvent edit, long seq) =>
        _events.GetValueOrDefault((long)edit.Record.Target.Seq) is { Deleted.IsWritten: false } target
            ? target.Edits.GetValueOrDefault(seq)?.Content
            : null;

    private EventCells EventOf(long seq)
    {
        if (!_events.TryGetValue(seq, out var cells))
            _events.Add(seq, cells = new EventCells());
        return cells;
    }

    /// <summary>An event and what hangs on it.</summary>
    private sealed class EventCells
    {
        public Cell<StoredEvent> Event;
        public Cell<Body?> Content;
        public Cell<long> Deleted;

        public SortedDictionary<long, EditRow> Edits { get; } = [];

        public Dictionary<(string Emoji, UserId User), Cell<ReactionRow>> Reactions { get; } = [];

        public SortedDictionary<long, ReactionRow> ReactionChanges { get; } = [];

        /// <summary>Null where something hangs on an event that is not there yet.</summary>
        public HistoryEntry? Read(EventRange range, long seq, ChatRows chat) => Event.Value is not { } e
            ? null
            : new HistoryEntry(
                e,
                range.WithEditBodies && e.Record.Edit is not null ? chat.EditBody(e, seq) : Content.Value,
                Deleted.IsWritten ? Deleted.Value : null,
                Deleted.IsWritten ? null : Edits.Values.LastOrDefault(edit => edit.EditSeq <= range.EditsTo),
                ReactionsAt(range.ReactionsTo));

        private IReadOnlyList<ReactionRow> ReactionsAt(long seq)
        {
            var present = Reactions.Values.Select(static cell => cell.Value!).Where(static reaction => reaction.On);
            return seq switch
            {
                0 => [],
                IHistoryStore.ReactionsNow => [.. present.OrderBy(static reaction => reaction.EventSeq)],
                _ => ReactionRow.AsOf(
                    present,
                    ReactionChanges.Values.TakeWhile(change => change.EventSeq <= seq)
                        .Take(IHistoryStore.ReactionRowsMax),
                    seq),
            };
        }
    }
}
