using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Timing;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Workers;

/// <summary>
/// The group <c>delivery-workers</c>: hands over what became of every record, ahead of history or behind it, see
/// <see cref="DeliveryPartition"/>. Commits at most once a second up to where nothing is left to hand over.
/// </summary>
/// <remarks>One loop per partition, one that commits and one that measures; a failure of any ends all and is thrown.
/// The members other than <see cref="RunAsync"/> may be called from any thread.</remarks>
internal sealed class DeliveryWorker
{
    private readonly IMessageLog _log;
    private readonly IHistoryStore _store;
    private readonly WorkerOptions _options;
    private readonly WorkerMetrics _metrics;
    private readonly PartitionAlerts _alerts;
    private readonly TimeProvider _time;
    private readonly DeliveryPartition[] _partitions;
    private readonly Position[] _committed;

    public DeliveryWorker(
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
    {
        (_log, _store, _options, _metrics, _time) = (log, store, options, metrics, time);
        _alerts = new PartitionAlerts(
            ConsumerGroups.DeliveryWorkers, metrics, loggers.CreateLogger<PartitionAlerts>());
        _committed = new Position[log.Partitions];
        var reader = new DeliveryReader(store, calls);
        _partitions =
        [
            .. Enumerable.Range(0, log.Partitions).Select(partition => new DeliveryPartition(
                partition, log, progress, sink, new EntryDecoder(rules), reader, options, metrics, _alerts)),
        ];
    }

    /// <summary>Hears what a user cost who asked about a chat that is not in memory.</summary>
    public Action<UserId, ReadCost> Charge { get; init; } = static (_, _) => { };

    /// <summary>The partitions that stopped, and why.</summary>
    public IReadOnlyDictionary<int, string> Stopped => _alerts.Stopped;

    /// <summary>
    /// The log's time up to which every partition has been handed over, Unix milliseconds; 0 until all have begun. At
    /// most a second old where nothing is left to hand over, and never above this node's clock.
    /// </summary>
    public long HandedTimeMs
    {
        get
        {
            var least = _time.GetUtcNow().ToUnixTimeMilliseconds();
            foreach (var partition in _partitions)
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

    /// <summary>Runs until the token is cancelled.</summary>
    /// <exception cref="WorkerFailedException">The log or the store failed for good: the host stops.</exception>
    public Task RunAsync(CancellationToken stoppingToken) => Loops.RunAllAsync(
        _partitions.Select(partition => (Func<CancellationToken, Task>)partition.RunAsync),
        CommitAsync,
        MeasureAsync,
        _options.CommitEvery,
        _time,
        stoppingToken);

    /// <summary>While the store was read, something newer may have been handed over.</summary>
    private async ValueTask<ChatState?> ReadStateAsync(
        DeliveryPartition partition, ChatId chat, CancellationToken cancellationToken)
    {
        var stored = await _store.ReadHeadAsync(chat, cancellationToken);
        return partition.TryGetState(chat, out var state) ? state : stored;
    }

    private async ValueTask<ChatState?> ReadMemberStateAsync(
        ChatId chat, UserId user, CancellationToken cancellationToken)
    {
        // A chat leaves memory once the store has all of it, so an open stay is here or there.
        var stays = await _store.ReadStaysAsync(chat, user, cancellationToken);
        Charge(user, ReadCost.Of(stays));
        if (stays is not [.., { ToSeq: null }] && !IsKnownMember(chat, user)) return null;
        var known = Known(chat);
        var state = known ?? await StateAsync(chat, cancellationToken);
        if (known is null) Charge(user, ReadCost.Of(state));
        return state?.Roster.Contains(user) == true ? state : null;
    }

    private DeliveryPartition PartitionOf(ChatId chat) => _partitions[Partitioner.PartitionOf(chat, _log.Partitions)];

    private async Task CommitAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < _partitions.Length; i++)
        {
            var handed = _partitions[i].Handed;
            if (handed > _committed[i])
            {
                await _log.CommitAsync(ConsumerGroups.DeliveryWorkers, i, handed, cancellationToken);
                _committed[i] = handed;
            }
        }
    }

    private async Task MeasureAsync(CancellationToken cancellationToken)
    {
        foreach (var partition in _partitions)
            await partition.LookAtEndAsync(cancellationToken);
        await _metrics.MeasureAsync(
            ConsumerGroups.DeliveryWorkers,
            _log,
            i => (_partitions[i].Handed, _partitions[i].HandedTimeMs),
            _time.GetUtcNow().ToUnixTimeMilliseconds(),
            cancellationToken);
    }
}
