using LiveChat.Core.Log;
using LiveChat.Tests.Log;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// The log of one life of a node: the one in memory, behind syncs that take their time and seldom fail for good,
/// appends that are refused for a moment, reads that are late and bring little. The committed positions lie on the
/// disk of history, as they do when both are embedded, so that a crash sets them back together with it. What is
/// trimmed is kept aside for the judge. A sync seldom takes minutes: until then nobody sees its records.
/// </summary>
/// <remarks>One that is remote is like a log on brokers: it has no clock of its own, appends can end with an unknown
/// outcome (the record may be there nevertheless, in its place), and for a while or for minutes it refuses commits,
/// ranges and trims.</remarks>
internal sealed class SimulatedLog : IWaitingLog
{
    private readonly InMemoryMessageLog _inner;
    private readonly Faults _faults;
    private readonly TimeProvider _time;
    private readonly SimulatedDisk<HistoryImage> _disk;
    private readonly Plant _plant;
    private readonly bool _isRemote;
    private DateTimeOffset _awayUntil;
    private readonly List<LogEntry>[] _trimmed;

    // Only for a log that shows what it has not synced: what would survive a crash.
    private readonly InMemoryMessageLog? _synced;

    public SimulatedLog(
        int partitions,
        Faults faults,
        TimeProvider time,
        SimulatedDisk<HistoryImage> disk,
        Plant plant = Plant.None,
        bool isRemote = false)
        : this(null, partitions, faults, time, disk, plant, isRemote)
    {
    }

    private SimulatedLog(
        SimulatedLog? former,
        int partitions,
        Faults faults,
        TimeProvider time,
        SimulatedDisk<HistoryImage> disk,
        Plant plant,
        bool isRemote)
    {
        (_faults, _time, _disk, _plant, _isRemote) = (faults, time, disk, plant, isRemote);
        _trimmed = former?._trimmed ?? [.. Enumerable.Range(0, partitions).Select(_ => new List<LogEntry>())];
        var durable = (former?._synced ?? former?._inner)?.Reopen(time, SyncAsync, faults.Upto(4))
            ?? new InMemoryMessageLog(partitions, time, SyncAsync);
        if (plant == Plant.AcknowledgedBeforeSynced)
            (_synced, _inner) = (durable, UnsyncedLog.CopyOf(durable, time));
        else
            _inner = durable;
    }

    public int Partitions => _inner.Partitions;

    /// <summary>A sync failed: the node must stop.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Called with each record that is about to be appended.</summary>
    public Action<ReadOnlyMemory<byte>> Appending { get; set; } = static _ => { };

    /// <summary>How long the next sync takes; null when chance says it.</summary>
    public TimeSpan? NextSync { get; set; }

    /// <summary>Everything durable that the partition ever had, also what was trimmed.</summary>
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

    /// <summary>What the group has committed, whoever answers.</summary>
    public Position CommittedNow(string group, int partition) =>
        _disk.Image.Committed.GetValueOrDefault((group, partition));

    public async ValueTask<Appended> AppendAsync(
        int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken)
    {
        if (_faults.Strike(oneIn: 40))
            throw new LogUnavailableException("No room for a moment.");
        if (_faults.Strike(oneIn: 400))
            throw new IOException("Nothing says that an append fails so.");
        if (_plant == Plant.AppendsSwapped)
            await _faults.PauseAsync(millisecondsMax: 30);
        Appending(record);
        if (_synced is { } synced)
            _ = synced.AppendAsync(partition, record, cancellationToken).AsTask();
        return _isRemote && _faults.Strike(oneIn: 60)
            ? await AppendUnknownAsync(partition, record)
            : await _inner.AppendAsync(partition, record, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken)
    {
        await _faults.PauseAsync(millisecondsMax: 20);
        var entries = await _inner.ReadAsync(partition, after, bytesMax, cancellationToken);
        await _faults.PauseAsync(millisecondsMax: 20);
        return _faults.Strike(oneIn: 3) ? [.. entries.Take(1 + _faults.Upto(entries.Count - 1))] : entries;
    }

    public ValueTask<IReadOnlyList<LogEntry>> ReadAgainAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken) =>
        _inner.ReadAgainAsync(partition, after, bytesMax, cancellationToken);

    public async ValueTask<IReadOnlyDictionary<int, LogRange>> RangesAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        var ranges = await _inner.RangesAsync(partitions, cancellationToken);
        if (_isRemote)
            return ranges.ToDictionary(static one => one.Key, static one => one.Value with { NextTimeMs = 0 });
        var nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
        return _plant == Plant.SincePassesASync
            ? ranges.ToDictionary(static one => one.Key, one => one.Value with { NextTimeMs = nowMs })
            : ranges;
    }

    public ValueTask<IReadOnlyDictionary<int, Position>> FirstSinceAsync(
        IReadOnlyDictionary<int, long> timesMs, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        return _inner.FirstSinceAsync(timesMs, cancellationToken);
    }

    public async ValueTask CommitAsync(
        string group, IReadOnlyDictionary<int, Position> processed, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        foreach (var (partition, position) in processed)
            await CommitAsync(group, partition, position, cancellationToken);
    }

    public ValueTask<IReadOnlyDictionary<int, Position>> CommittedAsync(
        string group, IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        return ValueTask.FromResult<IReadOnlyDictionary<int, Position>>(partitions.ToDictionary(
            static one => one, one => CommittedNow(group, one)));
    }

    public async ValueTask TrimAsync(IReadOnlyDictionary<int, Position> through, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        foreach (var (partition, position) in through) await TrimAsync(partition, position, cancellationToken);
    }

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    /// <summary>What the next life finds: everything durable, and perhaps some of what was not known to be.</summary>
    public SimulatedLog Reopen(TimeProvider? time = null) =>
        new(this, Partitions, _faults, time ?? _time, _disk, _plant, _isRemote);

    private async Task SyncAsync()
    {
        if (NextSync is { } takes)
        {
            NextSync = null;
            await Task.Delay(takes, _time);
        }

        await _faults.PauseAsync(millisecondsMax: 30);
        if (_faults.Strike(oneIn: 150))
            await Task.Delay(TimeSpan.FromSeconds(10 + _faults.Upto(170)), _time);
        if (!_faults.Strike(oneIn: 800))
            return;
        HasFailed = true;
        throw new IOException("The disk failed.");
    }

    private async Task<Appended> AppendUnknownAsync(int partition, ReadOnlyMemory<byte> record)
    {
        // It keeps its place among the others, or there never was one.
        var append = _faults.Upto(1) == 0
            ? Task.FromException<Appended>(new AppendUnknownException("The connection broke."))
            : _inner.AppendAsync(partition, record, CancellationToken.None).AsTask();
        await _faults.PauseAsync(millisecondsMax: 500);
        await Task.WhenAny(append, Task.Delay(TimeSpan.FromSeconds(1), _time));
        throw new AppendUnknownException("Nobody answered.");
    }

    private void ThrowIfAway()
    {
        if (!_isRemote || _faults.IsHealed) return;
        var now = _time.GetUtcNow();
        if (now >= _awayUntil && _faults.Strike(oneIn: 3_000))
            _awayUntil = now + TimeSpan.FromSeconds(10 + _faults.Upto(170));
        if (now < _awayUntil || _faults.Strike(oneIn: 20))
            throw new LogUnavailableException("Nobody answers.");
    }

    private async Task CommitAsync(
        string group, int partition, Position position, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, Partitions);
        if (_plant == Plant.OffsetAheadOfDelivery && group == ConsumerGroups.DeliveryWorkers)
            position = (await _inner.RangeAsync(partition)).End;
        if (_plant == Plant.TrimmedTooEarly)
            await TrimAsync(partition, position, cancellationToken);
        if (_plant == Plant.OffsetOutlivesRows)
            _disk.WriteThrough(image => image.Committed[(group, partition)] = position);
        else
            _disk.Write(image => image.Committed[(group, partition)] = position);
    }

    private async Task TrimAsync(int partition, Position through, CancellationToken cancellationToken)
    {
        if (_plant == Plant.TrimmedTooEarly)
            through = (await _inner.RangeAsync(partition)).End;
        var all = await ReadAllAsync(partition);
        _trimmed[partition].Clear();
        _trimmed[partition].AddRange(all.TakeWhile(entry => entry.Position <= through));
        await _inner.TrimAsync(
            new Dictionary<int, Position> { [partition] = through }, cancellationToken);
    }
}
