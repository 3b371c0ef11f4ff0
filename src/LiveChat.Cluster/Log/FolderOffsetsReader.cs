using LiveChat.Core.Log;

namespace LiveChat.Cluster.Log;

/// <summary>
/// A group's view of the log for a server whose history is in its data folder. History keeps in the same write how far
/// it is, and Kafka's commit follows: what the folder says is never less, unless the folder was restored. So the
/// history-writers start at the lower of the two. The delivery-workers start where they have committed, and where
/// history is when they never have or Kafka has forgotten it.
/// </summary>
/// <param name="inner">The group's view of the log.</param>
/// <param name="group">The group.</param>
/// <param name="passed">How far the folder's history is, by partition.</param>
internal sealed class FolderOffsetsReader(IPartitionReader inner, string group, Func<int, Position> passed)
    : IPartitionReader
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
        return committed.ToDictionary(static one => one.Key, one => StartOf(passed(one.Key), one.Value));
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private Position StartOf(Position stored, Position committed)
    {
        if (committed == Position.None) return stored;
        return group is ConsumerGroups.HistoryWriters && stored < committed ? stored : committed;
    }
}
