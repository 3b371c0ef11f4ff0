using LiveChat.Core.Timing;

namespace LiveChat.Core.Log;

/// <summary>
/// The log in memory: the twin of the durable ones, for tests and the simulator. "Durable" is what an optional
/// <c>sync</c> says: it is called for every group of appends and they count once it has ended (late, or with an
/// exception, which fails the log as a broken disk would); without it they count at once. No thread of its own, no
/// timer: everything runs on the caller or on the context on which <c>sync</c> ends. Any thread may call; the lock
/// keeps positions, times and the unsynced queue in step.
/// </summary>
internal sealed class InMemoryMessageLog : IWaitingLog
{
    /// <summary>Most appends that wait for a sync; the next one is refused.</summary>
    public const int UnsyncedMax = 65_536;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly Func<Task>? _sync;
    private readonly PartitionTail[] _tails;
    private readonly Position[] _ends;
    private readonly Dictionary<(string Group, int Partition), Position> _committed = [];

    // Appended, not yet durable: the group in flight, then what came since.
    private readonly List<Unsynced> _unsynced = [];
    private bool _isSyncing;

    // One time for all partitions, which never falls: a clock that is set back makes nobody's `since` too late.
    private long _lastTimeMs;
    private Task _syncing = Task.CompletedTask;
    private Func<Exception>? _stopped;

    public InMemoryMessageLog(int partitions, TimeProvider time, Func<Task>? sync = null)
        : this([.. Enumerable.Range(0, partitions).Select(p => PartitionTail.Empty(p, long.MaxValue))], time, sync)
    {
    }

    private InMemoryMessageLog(PartitionTail[] tails, TimeProvider time, Func<Task>? sync)
    {
        ArgumentOutOfRangeException.ThrowIfZero(tails.Length);
        _tails = tails;
        _time = time;
        _sync = sync;
        _ends = [.. tails.Select(tail => tail.Bounds.End)];
        _lastTimeMs = tails.Max(tail => tail.LastTimeMs);
    }

    public int Partitions => _tails.Length;

    public bool HasClock => true;

    public ValueTask<Appended> AppendAsync(
        int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Unsynced append;
        var isFirst = false;
        lock (_lock)
        {
            ThrowIfStopped();
            if (_unsynced.Count >= UnsyncedMax)
            {
                throw new LogUnavailableException($"{UnsyncedMax} appends wait for a sync already.");
            }

            append = new Unsynced(partition, Stamp(partition, record));
            if (_sync is null)
            {
                _tails[partition].Publish([append.Entry]);
                return ValueTask.FromResult(append.Appended);
            }

            _unsynced.Add(append);
            if (!_isSyncing)
            {
                isFirst = _isSyncing = true;
            }
        }

        if (isFirst)
        {
            _syncing = SyncLoopAsync(_sync);
        }

        return new ValueTask<Appended>(append.Durable.Task.InContextAsync().WaitAsync(cancellationToken));
    }

    public async ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken)
    {
        // Every turn but the last waits for an append to the partition.
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_tails[partition].TryRead(after, bytesMax, out var entries, out var appended))
            {
                return entries;
            }

            await appended!.InContextAsync().WaitAsync(cancellationToken);
        }
    }

    public ValueTask<IReadOnlyList<LogEntry>> ReadAgainAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken) =>
        ValueTask.FromResult(
            _tails[partition].TryRead(after, bytesMax, out var entries, out _) ? entries : []);

    public ValueTask<IReadOnlyDictionary<int, LogRange>> RangesAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // Records become visible under the lock too, so the ends and the time belong together.
            var nextTimeMs = _unsynced.Count > 0 ? _unsynced[0].Entry.TimeMs : RaiseTime();
            return ValueTask.FromResult<IReadOnlyDictionary<int, LogRange>>(partitions.ToDictionary(
                static one => one, one => _tails[one].Range with { NextTimeMs = nextTimeMs }));
        }
    }

    public ValueTask<IReadOnlyDictionary<int, Position>> FirstSinceAsync(
        IReadOnlyDictionary<int, long> timesMs, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyDictionary<int, Position>>(timesMs.ToDictionary(
            static one => one.Key, one => FirstSince(_tails[one.Key], one.Value)));

    public ValueTask CommitAsync(
        string group, IReadOnlyDictionary<int, Position> processed, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ThrowIfStopped();
            foreach (var (partition, position) in processed)
            {
                ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, Partitions);
                _committed[(group, partition)] = position;
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyDictionary<int, Position>> CommittedAsync(
        string group, IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ThrowIfStopped();
            return ValueTask.FromResult<IReadOnlyDictionary<int, Position>>(partitions.ToDictionary(
                static one => one, one => _committed.GetValueOrDefault((group, one))));
        }
    }

    public ValueTask TrimAsync(IReadOnlyDictionary<int, Position> through, CancellationToken cancellationToken)
    {
        foreach (var (partition, position) in through)
        {
            _tails[partition].Trim(position);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// What another process would find after this one died: a new log with the durable records, the first
    /// <paramref name="unsyncedKept"/> of those whose sync had not ended, and the committed positions. This log is
    /// stopped; who waits on it is told that the outcome is unknown.
    /// </summary>
    public InMemoryMessageLog Reopen(TimeProvider time, Func<Task>? sync = null, int unsyncedKept = 0)
    {
        var reopened = new InMemoryMessageLog([.. _tails.Select(Copy)], time, sync);
        lock (_lock)
        {
            foreach (var append in _unsynced.Take(unsyncedKept))
            {
                reopened._tails[append.Partition].Publish([append.Entry]);
                reopened._ends[append.Partition] = append.Entry.Position;
                reopened._lastTimeMs = append.Entry.TimeMs;
            }

            foreach (var (key, position) in _committed)
            {
                reopened._committed[key] = position;
            }
        }

        Fail(new InvalidOperationException("The log was opened anew."));
        return reopened;

        static PartitionTail Copy(PartitionTail tail, int partition) =>
            new(partition, long.MaxValue, tail.Bounds, tail.LastTimeMs, tail.Recent());
    }

    /// <summary>Takes no more appends, waits for those that were taken, ends all reads.</summary>
    public async ValueTask DisposeAsync()
    {
        bool isOpen;
        lock (_lock)
        {
            isOpen = _stopped is null;
            _stopped ??= Closed;
        }

        // The sync of a log that failed or was reopened may never end.
        if (isOpen)
        {
            await _syncing;
            Stop(Closed);
        }

        static Exception Closed() => new ObjectDisposedException(nameof(InMemoryMessageLog));
    }

    private async Task SyncLoopAsync(Func<Task> sync)
    {
        // Each turn takes what the former one left behind; it ends when nothing came meanwhile.
        while (true)
        {
            int count;
            lock (_lock)
            {
                count = _unsynced.Count;
                if (count == 0)
                {
                    _isSyncing = false;
                    return;
                }
            }

            try
            {
                await sync();
            }
            catch (Exception e)
            {
                Fail(e);
                return;
            }

            Complete(count);
        }
    }

    private void Complete(int count)
    {
        Unsynced[] group;
        lock (_lock)
        {
            // A log that was stopped meanwhile has answered already.
            group = [.. _unsynced.Take(count)];
            _unsynced.RemoveRange(0, group.Length);
            foreach (var append in group)
            {
                _tails[append.Partition].Publish([append.Entry]);
            }
        }

        foreach (var append in group)
        {
            append.Durable.SetResult(append.Appended);
        }
    }

    private void Fail(Exception cause) =>
        Stop(() => new LogFailedException("The log failed; what waited may or may not be in it.", cause));

    private void Stop(Func<Exception> reason)
    {
        Unsynced[] waiting;
        lock (_lock)
        {
            _stopped ??= reason;
            waiting = [.. _unsynced];
            _unsynced.Clear();
        }

        foreach (var append in waiting)
        {
            append.Durable.SetException(
                new LogFailedException("The log ended before the record was known to be durable."));
        }

        foreach (var tail in _tails)
        {
            tail.Stop(reason);
        }
    }

    private static Position FirstSince(PartitionTail tail, long timeMs) => TimeSearch.FirstSince(
        tail.Range,
        timeMs,
        after => tail.TryRead(after, bytesMax: 1, out var entries, out _)
            ? entries[0].TimeMs
            : throw new InvalidOperationException("A log in memory has all that it did not trim."));

    private LogEntry Stamp(int partition, ReadOnlyMemory<byte> record)
    {
        var position = PartitionTail.NextOf(_ends[partition]);
        _ends[partition] = position;
        return new LogEntry(position, RaiseTime(), record.ToArray());
    }

    private long RaiseTime() =>
        _lastTimeMs = Math.Max(_lastTimeMs, _time.GetUtcNow().ToUnixTimeMilliseconds());

    private void ThrowIfStopped()
    {
        if (_stopped is { } reason)
        {
            throw reason();
        }
    }

    /// <summary>An append that waits for its sync.</summary>
    private sealed class Unsynced(int partition, LogEntry entry)
    {
        public int Partition { get; } = partition;

        public LogEntry Entry { get; } = entry;

        public Appended Appended { get; } = new(entry.Position, entry.TimeMs);

        public TaskCompletionSource<Appended> Durable { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
