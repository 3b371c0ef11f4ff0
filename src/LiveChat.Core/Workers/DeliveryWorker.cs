using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Workers;

/// <summary>
/// The group <c>delivery-workers</c>: hands over what became of every record, ahead of history or behind it, see
/// <see cref="DeliveryPartition"/>. Commits up to where nothing is left to hand over.
/// </summary>
/// <remarks>The members other than <see cref="PartitionWorker{TPartition}.RunAsync"/> may be called from any thread.
/// </remarks>
internal sealed class DeliveryWorker(
    IMessageLog log,
    IHistoryStore store,
    HistoryProgress progress,
    IDeliverySink sink,
    RulesTable rules,
    WorkerOptions options,
    WorkerMetrics metrics,
    StoreCalls calls,
    TimeProvider time,
    ILoggerFactory loggers)
    : PartitionWorker<DeliveryPartition>(
        ConsumerGroups.DeliveryWorkers,
        log,
        options,
        metrics,
        time,
        loggers,
        (partition, alerts) => new DeliveryPartition(
            partition,
            log,
            progress,
            sink,
            new EntryDecoder(rules),
            new DeliveryReader(store, calls),
            options,
            metrics,
            alerts))
{
    private readonly TimeProvider _time = time;

    /// <summary>
    /// The log's time up to which every partition has been handed over, Unix milliseconds; 0 until all have begun. At
    /// most a second old where nothing is left to hand over, and never above this node's clock.
    /// </summary>
    public long HandedTimeMs
    {
        get
        {
            var least = _time.GetUtcNow().ToUnixTimeMilliseconds();
            foreach (var partition in Partitions)
                least = Math.Min(least, partition.HandedTimeMs);
            return least;
        }
    }

    /// <summary>The chat as this worker has it in memory, which is never behind what it has handed over; false when it
    /// is not there.</summary>
    public bool TryGetState(ChatId chat, out ChatState? state) => PartitionOf(chat).TryGetState(chat, out state);

    /// <summary>See <see cref="DeliveryPartition.HasCaughtUp"/>.</summary>
    public bool HasCaughtUp(ChatId chat) => PartitionOf(chat).HasCaughtUp;

    protected override async ValueTask LookAtEndsAsync(CancellationToken cancellationToken)
    {
        foreach (var partition in Partitions) await partition.LookAtEndAsync(cancellationToken);
    }

    private DeliveryPartition PartitionOf(ChatId chat) => Partitions[Partitioner.PartitionOf(chat, Partitions.Length)];
}
