using LiveChat.Core.Log;
using LiveChat.Tests.Log;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// The log of one life of a node: the one in memory, behind syncs that take their time and seldom fail for good,
/// appends that are refused for a moment, reads that are late and bring little. The committed positions lie on the
/// disk of history, as they do when both are embedded, so that a crash sets them back together with it. What is
/// trimmed is kept aside for the judge. A sync seldom takes minutes: until then nobody sees its records.
/// </summary>
/// <remarks>One that is remote is a log on brokers (<see cref="SimulatedBrokers"/>): it has no clock of its own and
/// loses nothing when the node dies, appends can end with an unknown outcome (the record may be there nevertheless, in
/// its place, or be seen later), and for a while or for minutes it refuses commits, ranges and trims.</remarks>
internal sealed class SimulatedLog : IWaitingLog
{
    private readonly InMemoryMessageLog _inner;
    private readonly Faults _faults;
    private readonly TimeProvider _time;
    private readonly SimulatedDisk<HistoryImage> _disk;
    private readonly Plant _plant;
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(20);

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
        SimulatedBrokers? brokers = null)
        : this(null, partitions, faults, time, disk, plant, brokers)
    {
    }

    private SimulatedLog(
        SimulatedLog? former,
        int partitions,
        Faults faults,
        TimeProvider time,
        SimulatedDisk<HistoryImage> disk,
        Plant plant,
        SimulatedBrokers? brokers)
    {
        (_faults, _time, _disk, _plant, Brokers) = (faults, time, disk, plant, brokers);
        _trimmed = former?._trimmed ?? [.. Enumerable.Range(0, partitions).Select(_ => new List<LogEntry>())];
        var durable = (former?._synced ?? former?._inner)?.Reopen(
            time, SyncAsync, unsyncedKept: brokers is null ? faults.Upto(4) : int.MaxValue)
            ?? new InMemoryMessageLog(partitions, time, SyncAsync);
        if (plant == Plant.AcknowledgedBeforeSynced)
            (_synced, _inner) = (durable, UnsyncedLog.CopyOf(durable, time));
        else
            _inner = durable;
    }

    public int Partitions => _inner.Partitions;

    public bool HasClock => Brokers is null;

    /// <summary>What keeps the log when it is remote.</summary>
    public SimulatedBrokers? Brokers { get; }

    /// <summary>A sync failed: the node must stop.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Called with each record that is about to be appended.</summary>
    public Action<ReadOnlyMemory<byte>> Appending { get; set; } = static _ => { };

    /// <summary>How long the next sync takes, or until the next record is seen; null when chance says it.</summary>
    public TimeSpan? NextSync { get; set; }

    /// <summary>Everything durable that the partition ever had, also what was trimmed.</summary>
    public async Task<IReadOnlyList<LogEntry>> ReadAllAsync(int partition)
    {
        var entries = new List<LogEntry>(_trimmed[partition]);
        var after = entries.Count > 0 ? entries[^1].Position : Position.None;
        while (await _inner.ReadAgainAsync(partition, after, 1 << 20, CancellationToken.None) is { Count: > 0 } read)
        {
            entries.AddRange(read.Select(entry => Stamped(partition, entry)));
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
        return Brokers is { } brokers
            ? await AppendRemotelyAsync(brokers, partition, record, cancellationToken)
            : await _inner.AppendAsync(partition, record, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken)
    {
        await _faults.PauseAsync(millisecondsMax: 20);
        var entries = Brokers is { } brokers
            ? await ReadSeenAsync(brokers, partition, after, bytesMax, cancellationToken)
            : await _inner.ReadAsync(partition, after, bytesMax, cancellationToken);
        await _faults.PauseAsync(millisecondsMax: 20);
        return _faults.Strike(oneIn: 3) ? [.. entries.Take(1 + _faults.Upto(entries.Count - 1))] : entries;
    }

    public async ValueTask<IReadOnlyList<LogEntry>> ReadAgainAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken)
    {
        var entries = await _inner.ReadAgainAsync(partition, after, bytesMax, cancellationToken);
        return Brokers is { } brokers ? await SeenAsync(brokers, partition, entries) : entries;
    }

    public async ValueTask<IReadOnlyDictionary<int, LogRange>> RangesAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        var ranges = await _inner.RangesAsync(partitions, cancellationToken);
        if (Brokers is { } brokers)
            return ranges.ToDictionary(static one => one.Key, one => one.Value with
            {
                End = brokers.Visible(one.Key, one.Value.End),
                NextTimeMs = 0,
            });
        var nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
        return _plant == Plant.SincePassesASync
            ? ranges.ToDictionary(static one => one.Key, one => one.Value with { NextTimeMs = nowMs })
            : ranges;
    }

    public async ValueTask<IReadOnlyDictionary<int, Position>> FirstSinceAsync(
        IReadOnlyDictionary<int, long> timesMs, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        if (Brokers is null) return await _inner.FirstSinceAsync(timesMs, cancellationToken);
        var found = new Dictionary<int, Position>();
        foreach (var (partition, timeMs) in timesMs)
        {
            var range = (await RangesAsync([partition], cancellationToken))[partition];
            var behind = new Position(range.Begin.Value - 1);
            var all = await ReadAgainAsync(partition, behind, int.MaxValue, cancellationToken);
            found[partition] = all.Where(entry => entry.TimeMs >= timeMs)
                .Select(static entry => entry.Position)
                .DefaultIfEmpty(PartitionTail.NextOf(range.End)).First();
        }

        return found;
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
        new(this, Partitions, _faults, time ?? _time, _disk, _plant, Brokers);

    private async Task SyncAsync()
    {
        if (Brokers is not null)
        {
            await _faults.PauseAsync(millisecondsMax: 30);
            return;
        }

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

    /// <summary>Up to its place in the log it waits for nothing, which keeps the order of the calls.</summary>
    private async Task<Appended> AppendRemotelyAsync(
        SimulatedBrokers brokers, int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken)
    {
        var end = (await _inner.RangesAsync([partition], cancellationToken))[partition].End;
        if (NextSync is { } takes && !record.Span.SequenceEqual(RecordEnvelope.Tick.Span))
        {
            // The leader that took over has a right clock, and too few replicas.
            NextSync = null;
            brokers.Lead(partition, aheadMs: 0);
            brokers.Hide(partition, end, takes);
        }
        else
        {
            brokers.Append(partition, end);
        }

        if (_faults.Strike(oneIn: 60)) return await AppendUnknownAsync(partition, record);
        var appended = await _inner.AppendAsync(partition, record, cancellationToken);
        var deadline = _time.GetUtcNow() + AnswerWithin;
        while (brokers.Visible(partition, appended.Position) < appended.Position)
        {
            if (_time.GetUtcNow() >= deadline) throw new AppendUnknownException("Nobody answered in time.");
            await Task.Delay(TimeSpan.FromSeconds(1), _time, cancellationToken);
        }

        return appended with { TimeMs = brokers.TimeOf(partition, appended.TimeMs) };
    }

    private async Task<IReadOnlyList<LogEntry>> ReadSeenAsync(
        SimulatedBrokers brokers, int partition, Position after, int bytesMax, CancellationToken cancellationToken)
    {
        while (true)
        {
            var entries = await _inner.ReadAsync(partition, after, bytesMax, cancellationToken);
            if (await SeenAsync(brokers, partition, entries) is { Count: > 0 } seen) return seen;
            await brokers.UntilSeenAsync(partition, cancellationToken);
        }
    }

    /// <summary>Those of the records that a reader sees, as it sees them.</summary>
    private async Task<IReadOnlyList<LogEntry>> SeenAsync(
        SimulatedBrokers brokers, int partition, IReadOnlyList<LogEntry> entries)
    {
        var ranges = await _inner.RangesAsync([partition], CancellationToken.None);
        var end = brokers.Visible(partition, ranges[partition].End);
        var nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
        return [.. entries.Where(entry => entry.Position <= end).Select(entry => Stamped(partition, entry)).Select(
            entry => entry with { EndSeenMs = EndSeenMs(entry, end, nowMs) })];
    }

    private long EndSeenMs(in LogEntry entry, Position end, long nowMs) => _plant switch
    {
        Plant.AnyRecordMovesTime => entry.TimeMs,
        _ when entry.Position != end => 0,
        Plant.FarRecordMovesTime => entry.TimeMs,
        _ => nowMs,
    };

    private LogEntry Stamped(int partition, in LogEntry entry) => Brokers is { } brokers
        ? entry with { TimeMs = brokers.TimeOf(partition, entry.TimeMs) }
        : entry;

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
        if (Brokers is null || _faults.IsHealed) return;
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
