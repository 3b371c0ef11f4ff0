using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Embedded.Disk;
using Microsoft.Extensions.Logging;

namespace LiveChat.Embedded.Log;

/// <summary>
/// The log of one node, on RocksDB in a folder of its own (schema: <see cref="LogCodec"/>). An append waits in the
/// committer's queue, is written and synced with all others that wait, then shown to the readers, then answered.
/// Readers that keep up read from memory; who is behind reads from the store, on its own thread. Any thread calls
/// any member; the only thread of its own is the committer's.
/// </summary>
internal sealed partial class RocksDbMessageLog : IWaitingLog
{
    // Unflushed records are kept in the write-ahead log; how long trimmed ones may stay there.
    private static readonly TimeSpan WalReleasePeriod = TimeSpan.FromMinutes(55);

    private readonly LogStore _store;
    private readonly PartitionTail[] _tails;
    private readonly LogCommitter _committer;
    private readonly DiskReserve _reserve;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _releaseLock = new();
    private long? _walReleasedAt;
    private int _isClosed;

    private RocksDbMessageLog(
        LogStore store, PartitionTail[] tails, LogCommitter committer, DiskReserve reserve, TimeProvider time,
        ILogger logger)
    {
        _store = store;
        _tails = tails;
        _committer = committer;
        _reserve = reserve;
        _time = time;
        _logger = logger;
    }

    public int Partitions => _tails.Length;

    public bool HasClock => true;

    /// <summary>Ends with the reason when the store failed: nothing is taken any more, the host must stop or open
    /// the log anew. Never ends otherwise.</summary>
    public Task<LogFailedException> Failed => _committer.Failed;

    /// <summary>The data folder that the log belongs to; null in one of a former version, and in a new one.</summary>
    public string? FolderId => _store.FolderId();

    /// <summary>The states in which appends are refused.</summary>
    public IReadOnlyList<RefusingState> States =>
    [
        new(DiskReserve.StateName, _reserve.Refusal),
        new("log_queue_full", () => _committer.Refusal),
    ];

    /// <summary>Opens the log in the folder, or creates it; checks what it finds as far as that is cheap.</summary>
    /// <exception cref="LogFailedException">It is damaged, or has another number of partitions.</exception>
    public static RocksDbMessageLog Open(
        string folder, RocksDbLogOptions options, TimeProvider time, ILogger<RocksDbMessageLog> logger)
    {
        var store = LogStore.Open(folder, options.Partitions, logger);
        try
        {
            var tailBytes = options.TailBytes / options.Partitions;
            PartitionTail[] tails =
                [.. Enumerable.Range(0, options.Partitions).Select(p => store.Recover(p, tailBytes))];
            var reserve = DiskReserve.For(folder, options.ReserveBytes, time);
            LogOpened(logger, folder, tails.Length);
            var committer = new LogCommitter(store, tails, options, time);
            return new RocksDbMessageLog(store, tails, committer, reserve, time, logger);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    public ValueTask<Appended> AppendAsync(
        int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)partition, (uint)_tails.Length);
        cancellationToken.ThrowIfCancellationRequested();
        if (_reserve.Refusal() is { } refusal)
        {
            throw new LogUnavailableException(refusal);
        }

        // The caller's bytes are its own again when it stops waiting: copied once, to where the header is at hand.
        var value = new byte[LogCodec.HeaderLength + record.Length];
        record.CopyTo(value.AsMemory(LogCodec.HeaderLength));
        var append = new LogAppend(partition, value);
        _committer.Enqueue(append);
        return new ValueTask<Appended>(
            cancellationToken.CanBeCanceled ? append.Durable.WaitAsync(cancellationToken) : append.Durable);
    }

    public async ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken)
    {
        var tail = _tails[partition];

        // Every turn but the last waits for an append to the partition.
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (tail.TryRead(after, bytesMax, out var entries, out var appended))
            {
                return entries;
            }

            if (appended is null)
            {
                return ReadStore(partition, after, bytesMax);
            }

            await appended.WaitAsync(cancellationToken);
        }
    }

    public ValueTask<IReadOnlyList<LogEntry>> ReadAgainAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken) =>
        ValueTask.FromResult(
            _tails[partition].TryRead(after, bytesMax, out var entries, out var appended) ? entries
            : appended is null ? ReadStore(partition, after, bytesMax)
            : []);

    public ValueTask<IReadOnlyDictionary<int, LogRange>> RangesAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        // The time before the ends: a record that is shown in between has a later time, and is below its end.
        var nextTimeMs = _committer.NextTimeMs();
        return ValueTask.FromResult<IReadOnlyDictionary<int, LogRange>>(partitions.ToDictionary(
            static one => one, one => _tails[one].Range with { NextTimeMs = nextTimeMs }));
    }

    public ValueTask<IReadOnlyDictionary<int, Position>> FirstSinceAsync(
        IReadOnlyDictionary<int, long> timesMs, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyDictionary<int, Position>>(timesMs.ToDictionary(
            static one => one.Key, one => FirstSince(one.Key, one.Value)));

    public ValueTask CommitAsync(
        string group, IReadOnlyDictionary<int, Position> processed, CancellationToken cancellationToken)
    {
        foreach (var (partition, position) in processed)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)partition, (uint)_tails.Length);
            _committer.Commit(group, partition, position);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyDictionary<int, Position>> CommittedAsync(
        string group, IReadOnlyCollection<int> partitions, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyDictionary<int, Position>>(partitions.ToDictionary(
            static one => one,
            one => _committer.TryGetCommit(group, one, out var position) ? position : _store.Committed(group, one)));

    public async ValueTask TrimAsync(IReadOnlyDictionary<int, Position> through, CancellationToken cancellationToken)
    {
        foreach (var (partition, position) in through)
        {
            await TrimAsync(partition, position, cancellationToken);
        }
    }

    /// <summary>Notes durably to which data folder the log belongs. Before anything is appended.</summary>
    public void Stamp(string folderId) => _store.Stamp(folderId);

    /// <summary>A property of RocksDB, summed over the partitions; for measurements and tests.</summary>
    public long StoreProperty(string name) => _store.Sum(name);

    /// <summary>Takes no more appends, makes durable what was taken, ends all reads.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
        {
            return;
        }

        await _committer.CloseAsync();
        foreach (var tail in _tails)
        {
            tail.Stop(() => new ObjectDisposedException(nameof(RocksDbMessageLog)));
        }

        _committer.Dispose();
        _store.Dispose();
    }

    private async Task TrimAsync(int partition, Position through, CancellationToken cancellationToken)
    {
        var before = _tails[partition].Range.Begin;
        var trim = new LogTrim(partition, through);
        _committer.Enqueue(trim);
        var begin = await trim.Durable.WaitAsync(cancellationToken);
        if (begin > before)
        {
            // Flush and compaction may take seconds: not on the caller's thread.
            var releaseWal = IsWalReleaseDue();
            await Task.Run(() => _store.Reclaim(partition, begin, releaseWal), cancellationToken);
            LogTrimmed(_logger, partition, begin);
        }
    }

    /// <summary>A record that is trimmed meanwhile is an earlier one.</summary>
    private Position FirstSince(int partition, long timeMs) => TimeSearch.FirstSince(
        _tails[partition].Range,
        timeMs,
        after =>
        {
            try
            {
                return ReadStore(partition, after, bytesMax: 1)[0].TimeMs;
            }
            catch (LogTrimmedException)
            {
                return long.MinValue;
            }
        });

    private IReadOnlyList<LogEntry> ReadStore(int partition, Position after, int bytesMax)
    {
        var range = _tails[partition].Range;
        try
        {
            return _store.Read(partition, PartitionTail.NextOf(after), range.End, bytesMax);
        }
        catch (LogFailedException) when (_tails[partition].Range.Begin > PartitionTail.NextOf(after))
        {
            throw new LogTrimmedException($"Partition {partition} was trimmed above {after} during the read.");
        }
    }

    private bool IsWalReleaseDue()
    {
        lock (_releaseLock)
        {
            if (_walReleasedAt is { } releasedAt && _time.GetElapsedTime(releasedAt) < WalReleasePeriod)
            {
                return false;
            }

            _walReleasedAt = _time.GetTimestamp();
            return true;
        }
    }

    [LoggerMessage(3000, LogLevel.Information, "The log in {Folder} is open with {Partitions} partitions.")]
    private static partial void LogOpened(ILogger logger, string folder, int partitions);

    [LoggerMessage(3001, LogLevel.Debug, "Partition {Partition} begins at {Begin} now.")]
    private static partial void LogTrimmed(ILogger logger, int partition, Position begin);
}
