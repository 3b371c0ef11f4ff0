using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Timing;
using LiveChat.Core.Workers;

namespace LiveChat.Core.Peers;

/// <summary>
/// Reads every second how far history is in the partitions that this node owns, or has answers to give of, and another
/// one stores: from the rows of that group, which are durable. One loop.
/// </summary>
internal sealed class HistoryRows(
    IPartitionReader histories,
    Func<IReadOnlyCollection<int>> partitions,
    HistoryProgress progress,
    LogCalls calls,
    TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    public Task RunAsync(CancellationToken stoppingToken) => Loops.EveryAsync(
        Every, time, token => calls.TryAsync("positions of history", ReadAsync, token), stoppingToken);

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        if (partitions() is not { Count: > 0 } wanted) return;
        foreach (var (partition, position) in await histories.CommittedAsync(wanted, cancellationToken))
            progress.Advance(partition, position);
    }
}
