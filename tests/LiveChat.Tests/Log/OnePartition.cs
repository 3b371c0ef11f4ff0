using LiveChat.Core.Log;

namespace LiveChat.Tests.Log;

/// <summary>Asking a log about one partition, which the product does for many at once.</summary>
internal static class OnePartition
{
    extension(IMessageLog log)
    {
        public async Task<LogRange> RangeAsync(int partition) =>
            (await log.RangesAsync([partition], CancellationToken.None))[partition];

        public ValueTask TrimAsync(int partition, Position through) =>
            log.TrimAsync(new Dictionary<int, Position> { [partition] = through }, CancellationToken.None);
    }

    extension(IWaitingLog log)
    {
        public ValueTask CommitAsync(string group, int partition, Position position) => log.CommitAsync(
            group, new Dictionary<int, Position> { [partition] = position }, CancellationToken.None);

        public async Task<Position> CommittedAsync(string group, int partition) =>
            (await log.CommittedAsync(group, [partition], CancellationToken.None))[partition];
    }
}
