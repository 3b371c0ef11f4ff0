using LiveChat.Core.Log;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// The log of one life of a node: the one in memory, behind syncs that take their time, appends that are refused
/// for a moment, reads that are late and bring little. The committed positions lie on the disk of history, as they
/// do when both are embedded, so that a crash sets them back together with it.
/// </summary>
internal sealed class SimulatedLog : IMessageLog
{
    private readonly InMemoryMessageLog _inner;
    private readonly Faults _faults;
    private readonly TimeProvider _time;
    private readonly SimulatedDisk<HistoryImage> _disk;
    private readonly Plant _plant;

    // Only for a log that shows what it has not synced: what would survive a crash.
    private readonly InMemoryMessageLog? _synced;

    public SimulatedLog(
        int partitions, Faults faults, TimeProvider time, SimulatedDisk<HistoryImage> disk, Plant plant = Plant.None)
        : this(null, partitions, faults, time, disk, plant)
    {
    }

    private SimulatedLog(
        SimulatedLog? former,
        int partitions,
        Faults faults,
        TimeProvider time,
        SimulatedDisk<HistoryImage> disk,
        Plant plant)
    {
        (_faults, _time, _disk, _plant) = (faults, time, disk, plant);
        Func<Task> sync = () => faults.PauseAsync(millisecondsMax: 30);
        var durable = (former?._synced ?? former?._inner)?.Reopen(time, sync, faults.Upto(4))
            ?? new InMemoryMessageLog(partitions, time, sync);
        if (plant == Plant.AcknowledgedBeforeSynced)
            (_synced, _inner) = (durable, UnsyncedLog.CopyOf(durable, time));
        else
            _inner = durable;
    }

    public int Partitions => _inner.Partitions;

    public async ValueTask<Appended> AppendAsync(
        int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken)
    {
        if (_faults.Strike(oneIn: 40))
            throw new LogUnavailableException("No room for a moment.");
        if (_plant == Plant.AppendsSwapped && _faults.Strike(oneIn: 4))
            await _faults.PauseAsync(millisecondsMax: 5);
        if (_synced is { } synced)
            _ = synced.AppendAsync(partition, record, cancellationToken).AsTask();
        return await _inner.AppendAsync(partition, record, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken)
    {
        await _faults.PauseAsync(millisecondsMax: 20);
        var entries = await _inner.ReadAsync(partition, after, bytesMax, cancellationToken);
        await _faults.PauseAsync(millisecondsMax: 20);
        return _faults.Strike(oneIn: 3) ? [.. entries.Take(1 + _faults.Upto(entries.Count - 1))] : entries;
    }

    public ValueTask<LogRange> RangeAsync(int partition, CancellationToken cancellationToken) =>
        _inner.RangeAsync(partition, cancellationToken);

    public async ValueTask CommitAsync(
        string group, int partition, Position position, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, Partitions);
        if (_plant == Plant.OffsetAheadOfDelivery && group == ConsumerGroups.DeliveryWorkers)
            position = (await _inner.RangeAsync(partition, cancellationToken)).End;
        _disk.Write(image => image.Committed[(group, partition)] = position);
    }

    public ValueTask<Position> CommittedAsync(string group, int partition, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_disk.Image.Committed.GetValueOrDefault((group, partition)));

    public ValueTask TrimAsync(int partition, Position through, CancellationToken cancellationToken) =>
        _inner.TrimAsync(partition, through, cancellationToken);

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    /// <summary>What the next life finds: everything durable, and perhaps some of what was not known to be.</summary>
    public SimulatedLog Reopen() => new(this, Partitions, _faults, _time, _disk, _plant);
}
