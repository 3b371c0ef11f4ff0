using System.Diagnostics;
using LiveChat.Core.Log;
using LiveChat.Core.Sequencing;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History;

/// <summary>The rows of one chat in <see cref="InMemoryHistoryStore"/>, under its lock.</summary>
internal sealed class ChatRows
{
    public Cell<ChatState> Head;
    public Cell<Roster> Roster;

    private readonly SortedDictionary<long, EventCells> _events = [];
    private readonly Dictionary<UserId, SortedDictionary<long, Cell<StayRow>>> _stays = [];

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

    /// <summary>Returns the marker that was there before.</summary>
    public Marker Raise(MarkerRaise raise)
    {
        var marker = Markers.GetValueOrDefault(raise.User, new Marker(raise.User, 0, 0, 0));
        Markers[raise.User] = marker.Raise(raise);
        return marker;
    }

    public IReadOnlyList<HistoryEntry> Entries(long from, long to, long editsTo, long reactionsTo) =>
        [.. _events.SkipWhile(e => e.Key < from).TakeWhile(e => e.Key <= to)
            .Select(e => e.Value.Read(editsTo, reactionsTo)).OfType<HistoryEntry>()];

    public IReadOnlyList<MemberStay> StaysOf(UserId user) => _stays.TryGetValue(user, out var stays)
        ? [.. stays.Values.Select(stay => new MemberStay(stay.Value!.FromSeq, stay.Value.ToSeq))]
        : [];

    private void Apply(StayRow row)
    {
        if (!_stays.TryGetValue(row.User, out var stays))
            _stays.Add(row.User, stays = []);
        var stay = stays.GetValueOrDefault(row.FromSeq);
        stay.Write(row.Stamp, row);
        stays[row.FromSeq] = stay;
    }

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
        public HistoryEntry? Read(long editsTo, long reactionsTo) => Event.Value is not { } e ? null : new HistoryEntry(
            e,
            Content.Value,
            Deleted.IsWritten ? Deleted.Value : null,
            Deleted.IsWritten ? null : Edits.Values.LastOrDefault(edit => edit.EditSeq <= editsTo),
            ReactionsAt(reactionsTo));

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
                        .Take(IHistoryStore.ReactionChangesMax),
                    seq),
            };
        }
    }
}
