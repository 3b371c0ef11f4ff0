using System.Diagnostics.CodeAnalysis;
using LiveChat.Core.Log;

namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>
/// The log of a cluster: three replicas, so that no crash of a node takes anything. Appends are durable in the order of
/// the calls, are answered late, seldom refused, and seldom without a known outcome. It has no clock, and keeps aside
/// what is trimmed. Threading: the scheduler's one thread.
/// </summary>
internal sealed class ClusterLog(int partitions, Faults faults, TimeProvider time) : IMessageLog
{
    [SuppressMessage("Usage", "CA2213", Justification = "It is in memory, and outlives the nodes.")]
    private readonly InMemoryMessageLog _inner = new(partitions, time);
    private readonly List<LogEntry>[] _trimmed =
        [.. Enumerable.Range(0, partitions).Select(static _ => new List<LogEntry>())];

    /// <summary>Called once, when the next record is durable.</summary>
    public Action? Appended { get; set; }

    public int Partitions => partitions;

    public bool HasClock => false;

    public async Task<IReadOnlyList<LogEntry>> ReadAllAsync(int partition)
    {
        var entries = new List<LogEntry>(_trimmed[partition]);
        var after = entries.Count > 0 ? entries[^1].Position : Position.None;
        while (await _inner.ReadAgainAsync(partition, after, 1 << 20, CancellationToken.None) is { Count: > 0 } read)
        {
            entries.AddRange(read);
            after = entries[^1].Position;
        }

        return entries;
    }

    public async ValueTask<Appended> AppendAsync(
        int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken)
    {
        if (faults.Strike(oneIn: 60)) throw new LogUnavailableException("No room for a moment.");
        var isLost = faults.Strike(oneIn: 120);
        var isUnknown = isLost || faults.Strike(oneIn: 120);
        var appended = isLost ? default : await _inner.AppendAsync(partition, record, cancellationToken);
        if (!record.Span.SequenceEqual(RecordEnvelope.Tick.Span) && Appended is { } act)
        {
            Appended = null;
            act();
        }

        await faults.PauseAsync(millisecondsMax: 20);
        return isUnknown ? throw new AppendUnknownException("Nobody answered.") : appended;
    }

    /// <summary>Waits for the next records, as a group reads them.</summary>
    public async ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken)
    {
        var entries = await _inner.ReadAsync(partition, after, bytesMax, cancellationToken);
        var end = (await _inner.RangesAsync([partition], cancellationToken))[partition].End;
        var some = faults.Strike(oneIn: 3) ? entries.Take(1 + faults.Upto(entries.Count - 1)) : entries;
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        return [.. some.Select(entry => entry.Position == end ? entry with { EndSeenMs = nowMs } : entry)];
    }

    public async ValueTask<IReadOnlyList<LogEntry>> ReadAgainAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken)
    {
        await faults.PauseAsync(millisecondsMax: 20);
        if (faults.Strike(oneIn: 20)) throw new LogUnavailableException("Nobody answers.");
        return await _inner.ReadAgainAsync(partition, after, 1 + faults.Upto(2_000), cancellationToken);
    }

    public async ValueTask<IReadOnlyDictionary<int, LogRange>> RangesAsync(
        IReadOnlyCollection<int> some, CancellationToken cancellationToken)
    {
        if (faults.Strike(oneIn: 20)) throw new LogUnavailableException("Nobody answers.");
        var ranges = await _inner.RangesAsync(some, cancellationToken);
        return ranges.ToDictionary(static one => one.Key, static one => one.Value with { NextTimeMs = 0 });
    }

    public ValueTask<IReadOnlyDictionary<int, Position>> FirstSinceAsync(
        IReadOnlyDictionary<int, long> timesMs, CancellationToken cancellationToken) =>
        _inner.FirstSinceAsync(timesMs, cancellationToken);

    public async ValueTask TrimAsync(IReadOnlyDictionary<int, Position> through, CancellationToken cancellationToken)
    {
        foreach (var (partition, position) in through)
        {
            var all = await ReadAllAsync(partition);
            _trimmed[partition].Clear();
            _trimmed[partition].AddRange(all.TakeWhile(entry => entry.Position <= position));
            await _inner.TrimAsync(new Dictionary<int, Position> { [partition] = position }, cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask; // It outlives the nodes.
}
