using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Timing;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Workers;

/// <summary>
/// The group <c>history-writers</c>: reads every partition from where it is committed and stores what the sequencer
/// says, see <see cref="HistoryPartition"/>. Rows are written unsynced; at most once a second, and at the end, the
/// store is flushed and then the positions are committed, so that a committed position never claims what a power cut
/// could take, and a crash repeats at most a second.
/// </summary>
/// <remarks>One loop per partition, one that commits and one that measures; a failure of any ends all and is
/// thrown.</remarks>
internal sealed class HistoryWriter
{
    private readonly IMessageLog _log;
    private readonly IHistoryStore _store;
    private readonly WorkerOptions _options;
    private readonly WorkerMetrics _metrics;
    private readonly PartitionAlerts _alerts;
    private readonly TimeProvider _time;
    private readonly StoreCalls _calls;
    private readonly HistoryPartition[] _partitions;
    private readonly Position[] _committed;

    public HistoryWriter(
        IMessageLog log,
        IHistoryStore store,
        HistoryProgress progress,
        RulesTable rules,
        BuildCommit buildCommit,
        WorkerOptions options,
        WorkerMetrics metrics,
        StoreCalls calls,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        (_log, _store, _options, _metrics, _calls, _time) = (log, store, options, metrics, calls, time);
        _alerts = new PartitionAlerts(
            ConsumerGroups.HistoryWriters, metrics, loggers.CreateLogger<PartitionAlerts>());
        _committed = new Position[log.Partitions];
        _partitions =
        [
            .. Enumerable.Range(0, log.Partitions).Select(partition => new HistoryPartition(
                partition,
                log,
                store,
                progress,
                new EntryDecoder(rules),
                buildCommit,
                options,
                calls,
                metrics,
                _alerts)),
        ];
    }

    /// <summary>The partitions that stopped, and why.</summary>
    public IReadOnlyDictionary<int, string> Stopped => _alerts.Stopped;

    /// <summary>Runs until the token is cancelled.</summary>
    /// <exception cref="WorkerFailedException">The log or the store failed for good: the host stops.</exception>
    public Task RunAsync(CancellationToken stoppingToken) => Loops.RunAllAsync(
        _partitions.Select(partition => (Func<CancellationToken, Task>)partition.RunAsync),
        CommitAsync,
        MeasureAsync,
        _options.CommitEvery,
        _time,
        stoppingToken);

    private async Task CommitAsync(CancellationToken cancellationToken)
    {
        // The positions are taken before the flush, which covers everything written before it began.
        var written = _partitions.Select(partition => partition.Written).ToArray();
        if (written.AsSpan().SequenceEqual(_committed) is false)
            await _calls.WriteAsync(token => _store.FlushAsync(written, token), cancellationToken);

        for (var i = 0; i < written.Length; i++)
        {
            if (written[i] > _committed[i])
            {
                await _log.CommitAsync(ConsumerGroups.HistoryWriters, i, written[i], cancellationToken);
                _committed[i] = written[i];
            }
        }
    }

    private Task MeasureAsync(CancellationToken cancellationToken) => _metrics.MeasureAsync(
        ConsumerGroups.HistoryWriters,
        _log,
        i => (_partitions[i].Written, _partitions[i].WrittenTimeMs),
        _time.GetUtcNow().ToUnixTimeMilliseconds(),
        cancellationToken);
}
