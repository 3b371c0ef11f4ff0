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
    IPartitionReader reader,
    IPartitionReader histories,
    IHistoryStore store,
    HistoryProgress progress,
    IDeliverySink sink,
    RulesTable rules,
    WorkerOptions options,
    WorkerMetrics metrics,
    StoreCalls calls,
    LogCalls logCalls,
    TimeProvider time,
    ILoggerFactory loggers)
    : PartitionWorker<DeliveryPartition>(
        ConsumerGroups.DeliveryWorkers, log, reader, logCalls, options, metrics, time, loggers)
{
    private readonly IPartitionReader _reader = reader;
    private readonly WorkerOptions _options = options;
    private readonly WorkerMetrics _metrics = metrics;
    private readonly bool _hasClock = log.HasClock;
    private ulong _loops;

    /// <summary>How far the worker is in a partition that it has; null when it does not have it.</summary>
    public PartitionMark? MarkOf(int partition) => LoopOf(partition)?.Mark;

    /// <summary>How far it is in each partition that it has.</summary>
    public IEnumerable<PartitionMark> Marks()
    {
        for (var partition = 0; partition < PartitionCount; partition++)
            if (MarkOf(partition) is { } mark)
                yield return mark;
    }

    /// <summary>The partitions of this worker that have handed over everything, and got no record since this was last
    /// asked. One thread asks.</summary>
    public IEnumerable<int> Idle()
    {
        for (var partition = 0; partition < PartitionCount; partition++)
            if (LoopOf(partition)?.IsIdle() is true && !Stopped.ContainsKey(partition))
                yield return partition;
    }

    /// <summary>The chat as this worker has it in memory, which is never behind what it has handed over; false when it
    /// is not there.</summary>
    public bool TryGetState(ChatId chat, out ChatState? state)
    {
        state = null;
        return LoopOf(chat)?.TryGetState(chat, out state) == true;
    }

    /// <summary>Whether this worker knows the chat as it is: it has the partition for certain, and has caught up with
    /// its log. Only then may it tell members what goes beside the log, and refuse what it would know of: otherwise
    /// another owner may have gone further.</summary>
    public bool IsCertain(ChatId chat) =>
        IsSureOf(Partitioner.PartitionOf(chat, PartitionCount)) && LoopOf(chat)?.HasCaughtUp == true;

    protected override bool StaysSure => true;

    /// <summary>Whether this worker has the partition of the chat.</summary>
    public bool Owns(ChatId chat) => LoopOf(chat) is not null;

    /// <summary>A partition begins where history or what was handed over ends, whichever is lower, so that the head of
    /// every chat that it meets is known; what was handed over already it applies silently.</summary>
    protected override async ValueTask<IReadOnlyDictionary<int, DeliveryPartition>> NewLoopsAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        var mine = await _reader.CommittedAsync(partitions, cancellationToken);
        var stored = await histories.CommittedAsync(partitions, cancellationToken);
        return partitions.ToDictionary(static one => one, one => new DeliveryPartition(
            one,
            mine[one] < stored[one] ? mine[one] : stored[one],
            silentThrough: mine[one],
            _hasClock,
            _reader,
            progress,
            sink,
            new EntryDecoder(rules),
            new DeliveryReader(store, calls, _metrics),
            _options,
            Budget,
            _metrics,
            Alerts,
            Interlocked.Increment(ref _loops)));
    }

    private DeliveryPartition? LoopOf(ChatId chat) => LoopOf(Partitioner.PartitionOf(chat, PartitionCount));
}
