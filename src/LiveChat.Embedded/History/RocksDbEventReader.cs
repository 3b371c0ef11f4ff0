using Google.Protobuf;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Embedded.History;

/// <summary>
/// Reads events with what hangs on them, of the tables that <see cref="RocksDbHistoryStore"/> writes. A cell that
/// cannot be read takes nothing else with it: its event keeps its seq and says that it is unreadable, a reaction is
/// left out. Any thread.
/// </summary>
internal sealed class RocksDbEventReader(HistoryDatabase database)
{
    public const byte EventCell = 0;
    public const byte ContentCell = 1;
    public const byte DeletedCell = 2;

    /// <summary>How far below an unreadable event the number of messages is looked for.</summary>
    private const int LooksBelowMax = 64;

    private static readonly ILookup<long, ReactionRow> NoReactions =
        Array.Empty<ReactionRow>().ToLookup(static row => row.Target);

    public List<HistoryEntry> Read(ChatId chat, long from, long to, long editsTo, long reactionsTo)
    {
        Span<byte> low = stackalloc byte[16];
        Span<byte> high = stackalloc byte[16];
        var first = new KeyWriter(low).Number(chat.Value).Number(from);
        var last = new KeyWriter(high).Number(chat.Value).Number(to + 1);

        // The edits before the events: an erasure in between is seen on the event, while the other way round an edited
        // message would be shown as it was first.
        var edits = NewestEdits(chat, from, to, editsTo);
        var reactions = reactionsTo == 0 ? NoReactions : database.Unreadable
            .ReadAll("reactions", database.Scan(database.Reactions, first.Key, last.Key), ReactionOf)
            .Where(static row => row.On) // A former version kept those that were taken back.
            .OrderBy(static row => row.EventSeq)
            .ToLookup(static row => row.Target);
        var cells = database.Scan(database.Events, first.Key, last.Key);

        var entries = new List<HistoryEntry>();
        for (var i = 0; i < cells.Count;)
        {
            var read = new Cells { Seq = SeqOf(cells[i].Key) };
            for (; i < cells.Count && SeqOf(cells[i].Key) == read.Seq; i++) Take(ref read, cells[i]);
            if (read.IsEventBroken) read.Stored = StandInFor(chat, read, entries is [.., var before] ? before : null);
            if (read.Stored is null) continue;
            var edit = edits.GetValueOrDefault(read.Seq);
            entries.Add(new HistoryEntry(
                read.Stored,
                read.Content,
                read.Deleted,
                read.Deleted is null ? edit.Row : null,
                reactionsTo is 0 or IHistoryStore.ReactionsNow || read.Stored.Record.Message is null
                    ? [.. reactions[read.Seq]]
                    : ReactionRow.AsOf(
                        reactions[read.Seq], ReactionChanges(chat, read.Seq, reactionsTo), reactionsTo))
            {
                IsUnreadable = read.IsEventBroken || read.IsContentBroken || edit.IsBroken,
            });
        }

        return entries;
    }

    private void Take(ref Cells read, (byte[] Key, byte[] Value) cell)
    {
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

    /// <summary>What is known of an event whose own cell cannot be read: where it stands, and whether it was a message,
    /// since nothing else has content or is deleted.</summary>
    private StoredEvent StandInFor(ChatId chat, in Cells read, HistoryEntry? before)
    {
        var below = before is not null && (long)before.Event.Seq == read.Seq - 1
            ? before.Event
            : EventBelow(chat, read.Seq);
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

    private StoredEvent? EventBelow(ChatId chat, long seq)
    {
        Span<byte> key = stackalloc byte[17];
        for (var at = seq - 1; at > 0 && at >= seq - LooksBelowMax; at--)
        {
            var cell = new KeyWriter(key).Number(chat.Value).Number(at).Byte(EventCell).Key;
            if (database.Get(cell, database.Events) is { } value
                && database.Unreadable.TryRead("events", (cell.ToArray(), value), EventOf, out var found))
                return found;
        }

        return null;
    }

    /// <summary>Goes down from the last target, from each one's newest edit straight to the next target's.</summary>
    private Dictionary<long, (EditRow? Row, bool IsBroken)> NewestEdits(ChatId chat, long from, long to, long editsTo)
    {
        var newest = new Dictionary<long, (EditRow?, bool)>();
        Span<byte> key = stackalloc byte[24];
        Span<byte> low = stackalloc byte[16];
        var first = new KeyWriter(low).Number(chat.Value).Number(from).Key;
        for (var (target, edit) = (to, editsTo); target >= from && editsTo > from;)
        {
            var at = new KeyWriter(key).Number(chat.Value).Number(target).Number(edit).Key;
            if (database.Floor(database.Edits, at, first) is not { } row) break;
            var (found, foundEdit) = (SeqOf(row.Key), EditSeqOf(row.Key));
            if (foundEdit <= editsTo)
                newest[found] = database.Unreadable.TryRead("edits", row, EditOf, out var read)
                    ? (read, false)
                    : (null, true);
            (target, edit) = (foundEdit <= editsTo ? found - 1 : found, editsTo);
        }

        return newest;
    }

    /// <summary>The first changes of a message's reactions up to a seq; more than that are not looked at.</summary>
    private List<ReactionRow> ReactionChanges(ChatId chat, long target, long seq)
    {
        Span<byte> low = stackalloc byte[16];
        Span<byte> high = stackalloc byte[24];
        var rows = database.Scan(
            database.ReactionChanges,
            new KeyWriter(low).Number(chat.Value).Number(target).Key,
            new KeyWriter(high).Number(chat.Value).Number(target).Number(seq + 1).Key,
            IHistoryStore.ReactionChangesMax);
        return database.Unreadable.ReadAll("reaction_changes", rows, ReactionChangeOf);
    }

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
    }
}
