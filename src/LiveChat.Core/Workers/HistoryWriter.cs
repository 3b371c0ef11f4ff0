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
    IHistoryStore store,
    HistoryProgress progress,
    RulesTable rules,
    BuildCommit buildCommit,
    WorkerOptions options,
    WorkerMetrics metrics,
    StoreCalls calls,
    TimeProvider time,
    ILoggerFactory loggers)
    : PartitionWorker<HistoryPartition>(
        ConsumerGroups.HistoryWriters,
        log,
        options,
        metrics,
        time,
        loggers,
        (partition, alerts) => new HistoryPartition(
            partition,
            log,
            store,
            progress,
            new EntryDecoder(rules),
            buildCommit,
            options,
            calls,
            metrics,
            alerts))
{
    protected override ValueTask FlushAsync(Position[] done, CancellationToken cancellationToken) =>
        calls.WriteAsync(token => store.FlushAsync(done, token), cancellationToken);
}
