using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Workers;

/// <summary>
/// The group <c>history-writers</c>: reads every partition from where it is committed and stores what the sequencer
/// says, see <see cref="HistoryPartition"/>. Rows are written unsynced; the store is flushed before positions are
/// committed, so that a committed position never claims what a power cut could take, and a crash repeats at most a
/// second.
/// </summary>
internal sealed class HistoryWriter(
    IMessageLog log,
    IPartitionReader reader,
    IHistoryStore store,
    HistoryProgress progress,
    RulesTable rules,
    BuildCommit buildCommit,
    WorkerOptions options,
    WorkerMetrics metrics,
    StoreCalls calls,
    LogCalls logCalls,
    TimeProvider time,
    ILoggerFactory loggers)
    : PartitionWorker<HistoryPartition>(
        ConsumerGroups.HistoryWriters, log, reader, logCalls, options, metrics, time, loggers)
{
    private readonly IPartitionReader _reader = reader;
    private readonly WorkerOptions _options = options;
    private readonly WorkerMetrics _metrics = metrics;

    /// <summary>The ticks at the end of what history has of a partition; null when this worker does not have it.
    /// </summary>
    public TickRun? TicksOf(int partition) => LoopOf(partition)?.Ticks;

    protected override async ValueTask<IReadOnlyDictionary<int, HistoryPartition>> NewLoopsAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        var committed = await _reader.CommittedAsync(partitions, cancellationToken);
        return partitions.ToDictionary(static one => one, one => new HistoryPartition(
            one,
            committed[one],
            _reader,
            store,
            progress,
            new EntryDecoder(rules),
            buildCommit,
            _options,
            Budget,
            calls,
            _metrics,
            Alerts));
    }

    protected override ValueTask FlushAsync(
        IReadOnlyDictionary<int, Position> done, CancellationToken cancellationToken) =>
        calls.WriteAsync(token => store.FlushAsync(done, token), cancellationToken);
}
