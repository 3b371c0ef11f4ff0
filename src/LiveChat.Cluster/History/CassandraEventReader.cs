using System.Collections.Concurrent;
using LiveChat.Cluster.Store;
using LiveChat.Core.History;
using LiveChat.Cql;
using LiveChat.Protocol.Ids;

namespace LiveChat.Cluster.History;

/// <summary>
/// One read of events with what hangs on them. Events and reactions are read beside each other, bucket after bucket
/// from the end at which the read begins; then of the messages that were edited the edits. What a delete erased during
/// the read shows on the event, or on its edit, which says that it was erased. Belongs to one call.
/// </summary>
internal sealed class CassandraEventReader(CassandraSession session, ChatId chat, EventRange range)
{
    /// <summary>A first page is small: its rows may be as large as rows can be.</summary>
    private const int FirstPageRows = 32;
    private const int PageRows = 128;
    private const int ReactionsPageRows = 512;
    private const int ReadsAtOnce = 16;

    private readonly long _chat = (long)chat.Value;
    private long _from = range.From;
    private long _to = range.To;

    public async Task<EventsRead> ReadAsync(CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(range.To - range.From, 8191);
        var reading = (Events: ReadEventsAsync(cancellationToken), Reactions: ReadReactionsAsync(cancellationToken));
        await Task.WhenAll(reading.Events, reading.Reactions);
        var (events, reactions) = (await reading.Events, await reading.Reactions);
        EndAt(events.End);
        EndAt(reactions.End);
        var edits = new EventEdits(session, _chat, range);
        EndAt(await edits.ReadAsync(Left(events.Rows), cancellationToken));
        var left = Left(events.Rows);
        var changes = await ReadChangesAsync(left, reactions.Rows, cancellationToken);
        var entries = left.ConvertAll(one => EntryOf(one, edits, reactions.Rows, changes));
        if (range.IsDownward) entries.Reverse();
        return new EventsRead(
            entries, events.Cost + reactions.Cost + edits.Cost + changes.Cost, (_from, _to) != (range.From, range.To));
    }

    /// <summary>In the order of the read, as far as it may go.</summary>
    private async Task<Slice<List<EventCells>>> ReadEventsAsync(CancellationToken cancellationToken)
    {
        var (events, taken) = (new List<EventCells>(), default(ReadCost));
        foreach (var (bucket, from, to) in Buckets())
        {
            var cql = range.IsDownward ? HistoryCql.ReadEventsDown : HistoryCql.ReadEvents;
            using var read = (await session.BindAsync(cql, cancellationToken))
                .Set(0, _chat).Set(1, bucket).Set(2, from).Set(3, to);
            read.PageSize = events.Count == 0 && range.TokensMax > 0 ? FirstPageRows : PageRows;
            do
            {
                using var page = await session.ReadAsync(read, cancellationToken);
                for (var i = 0; i < page.Count; i++)
                {
                    if (EventCells.Read(page[i], events.LastOrDefault()) is not { } one) continue;
                    taken += one.Cost;
                    events.Add(one);
                    if (range.IsFull(taken)) return new Slice<List<EventCells>>(events, taken, one.Seq);
                }

                read.PagingState = page.PagingState;
                read.PageSize = PageRows;
            }
            while (!read.PagingState.IsEmpty);
        }

        return new Slice<List<EventCells>>(events, taken, null);
    }

    /// <summary>By message those that are there, on or off; whole of every message but the first, however many there
    /// are.</summary>
    private async Task<Slice<ILookup<long, ReactionRow>>> ReadReactionsAsync(CancellationToken cancellationToken)
    {
        var (rows, taken, end) = (new List<ReactionRow>(), default(ReadCost), default(long?));
        foreach (var (bucket, from, to) in range.ReactionsTo == 0 ? [] : Buckets())
        {
            var cql = range.IsDownward ? HistoryCql.ReadReactionsDown : HistoryCql.ReadReactions;
            using var read = (await session.BindAsync(cql, cancellationToken))
                .Set(0, _chat).Set(1, bucket).Set(2, from).Set(3, to);
            read.PageSize = ReactionsPageRows;
            var (target, ofTarget) = (0L, 0);
            await foreach (var row in session.ReadAllAsync(read, cancellationToken))
            {
                var one = ReactionOf(row);
                if (one.Target != target)
                {
                    if (rows.Count > 0 && range.IsFull(taken)) end = rows[^1].Target;
                    if (end is not null) break;
                    (target, ofTarget) = (one.Target, 0);
                }

                rows.Add(one);
                taken += new ReadCost(1, one.Emoji.Length + one.User.Value.Length);
                if (++ofTarget < IHistoryStore.ReactionRowsMax) continue;
                end = target;
                break;
            }

            if (end is not null) break;
        }

        return new Slice<ILookup<long, ReactionRow>>(rows.ToLookup(static row => row.Target), taken, end);
    }

    /// <summary>Of a read as of a seq, by message the first changes of its reactions up to there.</summary>
    private async Task<Slice<ConcurrentDictionary<long, List<ReactionRow>>>> ReadChangesAsync(
        List<EventCells> events, ILookup<long, ReactionRow> reactions, CancellationToken cancellationToken)
    {
        var changes = new ConcurrentDictionary<long, List<ReactionRow>>();
        if (range.ReactionsTo is not (0 or IHistoryStore.ReactionsNow))
            await Bounded.RunAsync(
                events.FindAll(one => one.IsMessage && reactions.Contains(one.Seq)),
                ReadsAtOnce,
                async one => changes[one.Seq] = await ReadChangesAsync(one.Seq, cancellationToken));
        return new(changes, new ReadCost(changes.Values.Sum(static rows => (long)rows.Count), 0), null);
    }

    private async Task<List<ReactionRow>> ReadChangesAsync(long seq, CancellationToken cancellationToken)
    {
        using var read = (await session.BindAsync(HistoryCql.ReadReactionChanges, cancellationToken))
            .Set(0, _chat).Set(1, HistoryCql.BucketOf(seq)).Set(2, seq).Set(3, range.ReactionsTo)
            .Set(4, IHistoryStore.ReactionRowsMax);
        var rows = new List<ReactionRow>();
        await foreach (var row in session.ReadAllAsync(read, cancellationToken))
            rows.Add(new ReactionRow(
                0, seq, row.GetString(2), UserId.OfRecord(row.GetString(3)), row.GetBoolean(1), row.GetInt64(0)));
        return rows;
    }

    private HistoryEntry EntryOf(
        EventCells one, EventEdits edits, ILookup<long, ReactionRow> reactions,
        Slice<ConcurrentDictionary<long, List<ReactionRow>>> changes)
    {
        var edit = edits.On(one.Seq);
        var deleted = one.Deleted ?? edit.Deleted;
        var (content, isBroken) = range.WithEditBodies && one.IsEdit ? edits.BodyOf(one) : (one.Content, false);
        var present = reactions[one.Seq].Where(static row => row.On);
        return new HistoryEntry(
            one.Stored,
            deleted is null ? content : null,
            deleted,
            deleted is null ? edit.Row : null,
            range.ReactionsTo is 0 or IHistoryStore.ReactionsNow
                ? [.. present.OrderBy(static row => row.EventSeq)]
                : ReactionRow.AsOf(present, changes.Rows.GetValueOrDefault(one.Seq, []), range.ReactionsTo))
        {
            IsUnreadable = one.IsBroken || isBroken || edit.IsBroken,
        };
    }

    /// <summary>The parts of the range that lie in one partition each, in the order of the read.</summary>
    private IEnumerable<(long Bucket, long From, long To)> Buckets()
    {
        var (first, last) = (HistoryCql.BucketOf(range.From), HistoryCql.BucketOf(range.To));
        for (var i = 0L; i <= last - first; i++)
        {
            var bucket = range.IsDownward ? last - i : first + i;
            var start = bucket << HistoryCql.BucketBits;
            yield return (
                bucket,
                Math.Max(range.From, start),
                Math.Min(range.To, start + (1L << HistoryCql.BucketBits) - 1));
        }
    }

    private List<EventCells> Left(List<EventCells> events) =>
        events.FindAll(one => one.Seq >= _from && one.Seq <= _to);

    /// <summary>Behind this event nothing is returned.</summary>
    private void EndAt(long? seq)
    {
        if (seq is not { } end) return;
        if (range.IsDownward) _from = Math.Max(_from, end);
        else _to = Math.Min(_to, end);
    }

    private static ReactionRow ReactionOf(Row row) => new(
        0, row.GetInt64(0), row.GetString(1), UserId.OfRecord(row.GetString(2)), row.GetBoolean(3), row.GetInt64(4));

    /// <summary>What was read of a table.</summary>
    /// <param name="Rows">The rows.</param>
    /// <param name="Cost">What they cost.</param>
    /// <param name="End">The event behind which the read ended early; null where it did not.</param>
    private readonly record struct Slice<T>(T Rows, ReadCost Cost, long? End);
}
