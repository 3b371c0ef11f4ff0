using LiveChat.Core.Log;

namespace LiveChat.Cluster.Log;

/// <summary>
/// A group that begins where history is, as long as it has committed nothing, or once brokers have forgotten what it
/// has: what is in history before that was handed over long ago, or clients read it there.
/// </summary>
/// <param name="inner">The group's view of the log.</param>
/// <param name="passed">How far history is, by partition.</param>
internal sealed class NewGroupReader(IPartitionReader inner, Func<int, Position> passed) : IPartitionReader
{
    public Task RunAsync(IPartitionOwner owner, CancellationToken cancellationToken) =>
        inner.RunAsync(owner, cancellationToken);

    public ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken) =>
        inner.ReadAsync(partition, after, bytesMax, cancellationToken);

    public ValueTask CommitAsync(
        IReadOnlyDictionary<int, Position> processed, CancellationToken cancellationToken) =>
        inner.CommitAsync(processed, cancellationToken);

    public async ValueTask<IReadOnlyDictionary<int, Position>> CommittedAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        var committed = await inner.CommittedAsync(partitions, cancellationToken);
        return committed.ToDictionary(
            static one => one.Key, one => one.Value > Position.None ? one.Value : passed(one.Key));
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
