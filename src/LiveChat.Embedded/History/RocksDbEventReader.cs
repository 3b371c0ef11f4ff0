using Google.Protobuf;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using RocksDbSharp;

namespace LiveChat.Embedded.History;

/// <summary>
/// One read of events with what hangs on them, of the tables that <see cref="RocksDbHistoryStore"/> writes. Each table
/// is read from the end at which the read begins, at most as far as the one before it came: what is left of the range
/// is read whole. A cell that cannot be read takes nothing else with it: its event keeps its seq and says that it is
/// unreadable, a reaction is left out. Belongs to one call.
/// </summary>
internal sealed class RocksDbEventReader(HistoryDatabase database, ChatId chat, EventRange range)
{
    public const byte EventCell = 0;
    public const byte ContentCell = 1;
    public const byte DeletedCell = 2;

    /// <summary>How far below an unreadable event the number of messages is looked for.</summary>
    private const int LooksBelowMax = 64;

    private static readonly ILookup<long, ReactionRow> NoReactions =
        Array.Empty<ReactionRow>().ToLookup(static row => row.Target);

    private readonly Dictionary<long, bool> _isDeleted = [];
    private long _from = range.From;
    private long _to = range.To;
    private ReadCost _cost;

    public EventsRead Read()
    {
        // The events last: an erasure in between is seen on the event, while the other way round an edited message
        // would be shown as it was first.
        var reactions = range.ReactionsTo == 0 ? NoReactions : Reactions();
        var edits = NewestEdits();
        var entries = Entries(reactions, edits);
        return new EventsRead(entries, _cost, (_from, _to) != (range.From, range.To));
    }

    /// <summary>The reactions that are on; whole of every event but the first, however many there are.</summary>
    private ILookup<long, ReactionRow> Reactions()
    {
        var (rows, taken) = (new List<(byte[], byte[])>(), default(ReadCost));
        var (target, ofTarget) = (0L, 0);
        using (var walk = WalkRange(database.Reactions))
            for (var isRow = walk.Begin(range.IsDownward); isRow; isRow = walk.Next(range.IsDownward))
            {
                var row = walk.Row;
                if (SeqOf(row.Key) is var seq && seq != target)
                {
                    if (target != 0 && range.IsFull(taken)) EndAt(target);
                    if (!IsLeft(seq)) break;
                    (target, ofTarget) = (seq, 0);
                }

                rows.Add(row);
                taken += CostOf(row);
                if (++ofTarget < IHistoryStore.ReactionRowsMax) continue;
                EndAt(target);
                break;
            }

        _cost += taken;
        return database.Unreadable.ReadAll("reactions", rows, ReactionOf)
            .Where(static row => row.On) // A former version kept those that were taken back.
            .OrderBy(static row => row.EventSeq)
            .ToLookup(static row => row.Target);
    }

    /// <summary>Goes from each target's newest edit straight to the next target's.</summary>
    private Dictionary<long, (EditRow? Row, bool IsBroken)> NewestEdits()
    {
        var newest = new Dictionary<long, (EditRow?, bool)>();
        if (range.EditsTo <= _from) return newest;
        var (taken, target) = (default(ReadCost), range.IsDownward ? _to : _from);
        using (var walk = WalkRange(database.Edits))
            while (range.IsDownward ? walk.Down(ChangeKey(target, long.MaxValue)) : walk.Up(ChangeKey(target, 0)))
            {
                // Downward it is the target's newest edit, upward its oldest.
                var row = walk.Row;
                var edited = SeqOf(row.Key);
                taken += CostOf(row);
                if (!range.IsDownward || EditSeqOf(row.Key) > range.EditsTo)
                {
                    row = walk.Down(ChangeKey(edited, range.EditsTo)) ? walk.Row : default;
                    taken += row.Key is null ? new ReadCost(1, 0) : CostOf(row);
                }

                if (row.Key is not null && SeqOf(row.Key) == edited)
                    newest[edited] = database.Unreadable.TryRead("edits", row, EditOf, out var read)
                        ? (read, false)
                        : (null, true);
                target = range.IsDownward ? edited - 1 : edited + 1;
                if (!range.IsFull(taken)) continue;
                EndAt(edited);
                break;
            }

        _cost += taken;
        return newest;
    }

    private List<HistoryEntry> Entries(
        ILookup<long, ReactionRow> reactions, Dictionary<long, (EditRow? Row, bool IsBroken)> edits)
    {
        var entries = new List<HistoryEntry>();
        var taken = default(ReadCost);
        foreach (var read in Events())
        {
            if (read.Stored is null) continue;
            var before = _cost;
            entries.Add(EntryOf(read, edits.GetValueOrDefault(read.Seq), reactions[read.Seq]));
            taken += read.Cost + new ReadCost(_cost.Rows - before.Rows, _cost.Bytes - before.Bytes);
            if (!range.IsFull(taken)) continue;
            EndAt(read.Seq);
            break;
        }

        if (range.IsDownward) entries.Reverse();
        return entries;
    }

    private HistoryEntry EntryOf(
        in Cells read, (EditRow? Row, bool IsBroken) edit, IEnumerable<ReactionRow> reactions)
    {
        var record = read.Stored!.Record;
        var (content, isBroken) = range.WithEditBodies && record.Edit is not null
            ? EditBody(read)
            : (read.Content, read.IsContentBroken);
        return new HistoryEntry(
            read.Stored,
            content,
            read.Deleted,
            read.Deleted is null ? edit.Row : null,
            range.ReactionsTo is 0 or IHistoryStore.ReactionsNow || record.Message is null
                ? [.. reactions]
                : ReactionRow.AsOf(reactions, ReactionChanges(read.Seq), range.ReactionsTo))
        {
            IsUnreadable = read.IsEventBroken || isBroken || edit.IsBroken,
        };
    }

    /// <summary>The cells of the events that are left, in the order of the read, as far as the read may go.</summary>
    private List<Cells> Events()
    {
        var (rows, taken) = (new List<(byte[] Key, byte[] Value)>(), default(ReadCost));
        using (var walk = WalkRange(database.Events))
            for (var isRow = walk.Begin(range.IsDownward); isRow; isRow = walk.Next(range.IsDownward))
            {
                var row = walk.Row;
                if (range.IsFull(taken) && SeqOf(row.Key) != SeqOf(rows[^1].Key))
                {
                    EndAt(SeqOf(rows[^1].Key));
                    break;
                }

                rows.Add(row);
                taken += CostOf(row);
            }

        _cost += taken;
        var events = new List<Cells>();
        for (var i = 0; i < rows.Count;)
        {
            var read = new Cells { Seq = SeqOf(rows[i].Key) };
            for (; i < rows.Count && SeqOf(rows[i].Key) == read.Seq; i++) Take(ref read, rows[i]);
            if (read.IsEventBroken) read.Stored = StandInFor(read);
            events.Add(read);
        }

        return events;
    }

    private void Take(ref Cells read, (byte[] Key, byte[] Value) cell)
    {
        read.Cost += CostOf(cell);
        switch (cell.Key[^1])
        {
            case EventCell:
                read.IsEventBroken = !database.Unreadable.TryRead("events", cell, EventOf, out read.Stored);
                break;
            case ContentCell:
                read.HasContent = true;
                read.IsContentBroken = !database.Unreadable.TryRead("events", cell, BodyOf, out read.Content);
                break;
            default:
                // That it was deleted is said by the cell's being there.
                read.Deleted = database.Unreadable.TryRead("events", cell, NumberOf, out var seq) ? seq : read.Seq;
                break;
        }
    }

    /// <summary>What an edit gave its message, while that has content: one that was made behind the deletion has a body
    /// in the store, and shows none.</summary>
    private (Body? Body, bool IsBroken) EditBody(in Cells read)
    {
        var target = (long)(read.Stored!.Record.Target?.Seq ?? 0);
        if (!_isDeleted.TryGetValue(target, out var isDeleted))
            _isDeleted[target] = isDeleted = Get(database.Events, EventKey(target, DeletedCell)) is not null;
        var key = ChangeKey(target, read.Seq);
        if (isDeleted || Get(database.Edits, key) is not { } value) return default;
        return database.Unreadable.TryRead("edits", (key, value), BodyOf, out var body) ? (body, false) : (null, true);
    }

    /// <summary>What is known of an event whose own cell cannot be read: where it stands, and whether it was a message,
    /// since nothing else has content or is deleted.</summary>
    private StoredEvent StandInFor(in Cells read)
    {
        var below = EventBelow(read.Seq);
        var isMessage = read.HasContent || read.Deleted is not null;
        return new StoredEvent
        {
            Seq = (ulong)read.Seq,
            N = (below?.N ?? 0) + (isMessage ? 1UL : 0),
            TimeMs = below?.TimeMs ?? 0,
            Record = new Record
            {
                Chat = chat.Value,
                ClientId = ByteString.CopyFrom(new byte[16]),
                Message = isMessage ? new Message() : null,
            },
        };
    }

    private StoredEvent? EventBelow(long seq)
    {
        for (var at = seq - 1; at > 0 && at >= seq - LooksBelowMax; at--)
        {
            var key = EventKey(at, EventCell);
            if (Get(database.Events, key) is { } value
                && database.Unreadable.TryRead("events", (key, value), EventOf, out var found))
                return found;
        }

        return null;
    }

    /// <summary>The first changes of a message's reactions; more than that are not looked at.</summary>
    private List<ReactionRow> ReactionChanges(long target)
    {
        var rows = database.Scan(
            database.ReactionChanges,
            SeqKey(target),
            ChangeKey(target, range.ReactionsTo + 1),
            IHistoryStore.ReactionRowsMax);
        foreach (var row in rows) _cost += CostOf(row);
        return database.Unreadable.ReadAll("reaction_changes", rows, ReactionChangeOf);
    }

    /// <summary>What is left of the range, in a table whose keys begin with chat and seq.</summary>
    private RowWalk WalkRange(ColumnFamilyHandle family) =>
        database.Walk(family, SeqKey(_from), SeqKey(_to + 1));

    private byte[]? Get(ColumnFamilyHandle family, byte[] key)
    {
        var value = database.Get(key, family);
        _cost += new ReadCost(1, value?.Length ?? 0);
        return value;
    }

    /// <summary>Behind this event nothing is read.</summary>
    private void EndAt(long seq)
    {
        if (range.IsDownward) _from = seq;
        else _to = seq;
    }

    private bool IsLeft(long seq) => seq >= _from && seq <= _to;

    private byte[] SeqKey(long seq) =>
        new KeyWriter(stackalloc byte[16]).Number(chat.Value).Number(seq).Key.ToArray();

    private byte[] EventKey(long seq, byte cell) =>
        new KeyWriter(stackalloc byte[17]).Number(chat.Value).Number(seq).Byte(cell).Key.ToArray();

    /// <summary>Of an edit on an event, or of a change of its reactions.</summary>
    private byte[] ChangeKey(long target, long seq) =>
        new KeyWriter(stackalloc byte[24]).Number(chat.Value).Number(target).Number(seq).Key.ToArray();

    private static ReadCost CostOf((byte[] Key, byte[] Value) row) => new(1, row.Key.Length + row.Value.Length);

    private static long SeqOf(byte[] key) => (long)NumberAt(key, 8);

    private static long EditSeqOf(byte[] key) => (long)NumberAt(key, 16);

    private static ulong NumberAt(byte[] key, int at) => new KeyReader(key.AsSpan(at)).Number();

    private static StoredEvent EventOf(byte[] key, byte[] value) => StoredEvent.Parser.ParseFrom(value);

    private static Body BodyOf(byte[] key, byte[] value) => Body.Parser.ParseFrom(value);

    private static long NumberOf(byte[] key, byte[] value) => RowCodec.Number(value, 0);

    private static EditRow EditOf(byte[] key, byte[] value) =>
        new(0, SeqOf(key), EditSeqOf(key), BodyOf(key, value));

    private static ReactionRow ReactionChangeOf(byte[] key, byte[] value) =>
        RowCodec.ReadReactionChange(SeqOf(key), EditSeqOf(key), value);

    private static ReactionRow ReactionOf(byte[] key, byte[] value)
    {
        var parts = new KeyReader(key);
        parts.Number();
        var target = parts.Seq();

        // Before the user, since a former version let an emoji hold a zero byte.
        var user = UserId.OfRecord(parts.LastText());
        return new ReactionRow(
            0, target, parts.RestAsText(), user, RowCodec.Number(value, 0) != 0, RowCodec.Number(value, 1));
    }

    /// <summary>The cells of one event.</summary>
    private struct Cells
    {
        public required long Seq;
        public StoredEvent? Stored;
        public Body? Content;
        public long? Deleted;
        public bool HasContent;
        public bool IsEventBroken;
        public bool IsContentBroken;
        public ReadCost Cost;
    }
}
