using LiveChat.Cluster.Store;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Cql.Values;

namespace LiveChat.Cluster.History;

/// <summary>
/// The edits that a read of events shows: of each message the newest that the reader may know, or, of events that are
/// edits, what they said. Most are read by their keys, many of one partition at once; only one that the reader may not
/// know yet is looked for below. Belongs to one call.
/// </summary>
internal sealed class EventEdits(CassandraSession session, long chat, EventRange range)
{
    /// <summary>Events whose edits are read before the cost is looked at.</summary>
    private const int PartEvents = 32;
    private const int ReadsAtOnce = 16;

    private static readonly CqlCodec<IReadOnlyCollection<(long, long)>> Keys =
        CqlCodecs.List(CqlCodecs.Tuple(CqlCodecs.BigInt, CqlCodecs.BigInt));

    private static readonly CqlCodec<IReadOnlyCollection<long>> Seqs = CqlCodecs.List(CqlCodecs.BigInt);

    private readonly Lock _lock = new();

    /// <summary>By message and edit.</summary>
    private readonly Dictionary<(long Target, long EditSeq), FoundEdit> _found = [];

    /// <summary>By message, its newest edit.</summary>
    private readonly Dictionary<long, FoundEdit> _newest = [];
    private readonly HashSet<long> _deleted = [];
    private long _rows;
    private long _bytes;

    public ReadCost Cost => new(_rows, _bytes);

    /// <summary>The newest edit on a message; nothing where there is none.</summary>
    public FoundEdit On(long seq) => _newest.GetValueOrDefault(seq);

    /// <summary>What an edit gave its message, while that has content.</summary>
    public (Body? Body, bool IsBroken) BodyOf(EventCells edit) =>
        _deleted.Contains(edit.Target) || !_found.TryGetValue((edit.Target, edit.Seq), out var found)
            ? (null, false)
            : (found.Row?.Content, found.IsBroken);

    /// <param name="events">In the order of the read.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The event behind which the read must end; null where it need not.</returns>
    public async Task<long?> ReadAsync(List<EventCells> events, CancellationToken cancellationToken)
    {
        var concerned = events.FindAll(one => IsShown(one) || (range.WithEditBodies && one.IsEdit));
        foreach (var part in concerned.Chunk(PartEvents))
        {
            await ReadPartAsync(part, cancellationToken);
            if (range.IsFull(Cost)) return part[^1].Seq;
        }

        return null;
    }

    private bool IsShown(EventCells one) => one is { Deleted: null, Edited: not null } && range.EditsTo > one.Seq;

    private async Task ReadPartAsync(EventCells[] part, CancellationToken cancellationToken)
    {
        var keys = part.Where(one => IsShown(one) && one.Edited <= range.EditsTo)
            .Select(static one => (one.Seq, one.Edited!.Value)).ToList();
        var edits = part.Where(one => range.WithEditBodies && one.IsEdit).ToList();
        keys.AddRange(edits.Select(static one => (one.Target, one.Seq)));
        await Bounded.RunAsync(
            [.. keys.Distinct().GroupBy(static key => HistoryCql.BucketOf(key.Item1))],
            ReadsAtOnce,
            ofBucket => ReadKeysAsync(ofBucket.Key, [.. ofBucket], cancellationToken));
        await Bounded.RunAsync(
            [.. part.Where(one => IsShown(one) && !TakeNewest(one))],
            ReadsAtOnce,
            one => ReadBelowAsync(one.Seq, cancellationToken));

        // Last: a delete that comes in between shows, as does an edit behind it.
        await Bounded.RunAsync(
            [.. edits.Select(static one => one.Target).Distinct().GroupBy(HistoryCql.BucketOf)],
            ReadsAtOnce,
            ofBucket => ReadDeletionsAsync(ofBucket.Key, [.. ofBucket], cancellationToken));
    }

    private bool TakeNewest(EventCells one)
    {
        if (!_found.TryGetValue((one.Seq, one.Edited!.Value), out var found)) return false;
        _newest[one.Seq] = found;
        return true;
    }

    private async Task ReadKeysAsync(
        long bucket, IReadOnlyCollection<(long, long)> keys, CancellationToken cancellationToken)
    {
        using var read = (await session.BindAsync(HistoryCql.ReadEdits, cancellationToken))
            .Set(0, chat).Set(1, bucket).Set(2, keys, Keys);
        await foreach (var row in session.ReadAllAsync(read, cancellationToken)) Add(FoundEdit.Read(row), null);
    }

    private async Task ReadBelowAsync(long target, CancellationToken cancellationToken)
    {
        using var read = (await session.BindAsync(HistoryCql.ReadEditAt, cancellationToken))
            .Set(0, chat).Set(1, HistoryCql.BucketOf(target)).Set(2, target).Set(3, range.EditsTo);
        using var rows = await session.ReadAsync(read, cancellationToken);
        if (rows.Count > 0) Add(FoundEdit.Read(rows[0]), target);
        else Interlocked.Increment(ref _rows);
    }

    private async Task ReadDeletionsAsync(
        long bucket, IReadOnlyCollection<long> targets, CancellationToken cancellationToken)
    {
        using var read = (await session.BindAsync(HistoryCql.ReadDeletions, cancellationToken))
            .Set(0, chat).Set(1, bucket).Set(2, targets, Seqs);
        await foreach (var row in session.ReadAllAsync(read, cancellationToken))
        {
            Interlocked.Increment(ref _rows);
            if (row.IsNull(1)) continue;
            lock (_lock) _deleted.Add(row.GetInt64(0));
        }
    }

    private void Add(FoundEdit edit, long? newestOf)
    {
        lock (_lock)
        {
            _found[(edit.Target, edit.EditSeq)] = edit;
            if (newestOf is { } target) _newest[target] = edit;
            _rows++;
            _bytes += edit.Bytes;
        }
    }
}
