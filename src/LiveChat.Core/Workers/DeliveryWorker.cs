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

    /// <summary>Hears what a user cost who asked about a chat that is not in memory.</summary>
    public Action<UserId, ReadCost> Charge { get; init; } = static (_, _) => { };

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

    /// <summary>
    /// The chat as this worker knows it, which is never behind what it has handed over; from the store when it is not
    /// in memory; null when there is no such chat.
    /// </summary>
    public ValueTask<ChatState?> StateAsync(ChatId chat, CancellationToken cancellationToken)
    {
        var partition = PartitionOf(chat);
        return partition.TryGetState(chat, out var state)
            ? ValueTask.FromResult(state)
            : ReadStateAsync(partition, chat, cancellationToken);
    }

    /// <summary>The chat as this worker has it in memory; null when it is not there.</summary>
    public ChatState? Known(ChatId chat) => PartitionOf(chat).TryGetState(chat, out var state) ? state : null;

    /// <summary>
    /// The chat of a member, as <see cref="StateAsync"/> has it. For everybody else null at the price of one read of
    /// their own stays, whether there is such a chat, here or in the store, or none: nothing of a foreign chat is
    /// decoded, so nobody can tell from how long it takes.
    /// </summary>
    public ValueTask<ChatState?> MemberStateAsync(ChatId chat, UserId user, CancellationToken cancellationToken) =>
        Known(chat) is { } state && state.Roster.Contains(user)
            ? ValueTask.FromResult<ChatState?>(state)
            : ReadMemberStateAsync(chat, user, cancellationToken);

    /// <summary>Whether the chat is in memory, and the user a member of it.</summary>
    public bool IsKnownMember(ChatId chat, UserId user) => Known(chat)?.Roster.Contains(user) == true;

    /// <summary>See <see cref="DeliveryPartition.HasCaughtUp"/>.</summary>
    public bool HasCaughtUp(ChatId chat) => PartitionOf(chat).HasCaughtUp;

    protected override async ValueTask LookAtEndsAsync(CancellationToken cancellationToken)
    {
        foreach (var partition in Partitions) await partition.LookAtEndAsync(cancellationToken);
    }

    /// <summary>While the store was read, something newer may have been handed over.</summary>
    private async ValueTask<ChatState?> ReadStateAsync(
        DeliveryPartition partition, ChatId chat, CancellationToken cancellationToken)
    {
        var stored = await store.ReadHeadAsync(chat, cancellationToken);
        return partition.TryGetState(chat, out var state) ? state : stored;
    }

    private async ValueTask<ChatState?> ReadMemberStateAsync(
        ChatId chat, UserId user, CancellationToken cancellationToken)
    {
        // A chat leaves memory once the store has all of it, so an open stay is here or there.
        var stays = await store.ReadStaysAsync(chat, user, cancellationToken);
        Charge(user, ReadCost.Of(stays));
        if (stays is not [.., { ToSeq: null }] && !IsKnownMember(chat, user)) return null;
        var known = Known(chat);
        var state = known ?? await StateAsync(chat, cancellationToken);
        if (known is null) Charge(user, ReadCost.Of(state));
        return state?.Roster.Contains(user) == true ? state : null;
    }

    private DeliveryPartition PartitionOf(ChatId chat) => Partitions[Partitioner.PartitionOf(chat, Partitions.Length)];
}
