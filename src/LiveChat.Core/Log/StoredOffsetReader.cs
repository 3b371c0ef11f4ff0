namespace LiveChat.Core.Log;

/// <summary>
/// A group whose store says by itself how far it has the log. The group begins there, or where it has committed when
/// that is lower. So a store that was put back is filled again from the log, or its partition stops where the log no
/// longer has what is missing. What was never committed does not count.
/// </summary>
internal sealed class StoredOffsetReader(IPartitionReader inner, Func<int, Position> storedThrough) : IPartitionReader
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
        return partitions.ToDictionary(static one => one, one => Lower(committed[one], storedThrough(one)));
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private static Position Lower(Position committed, Position stored) =>
        committed > Position.None && committed < stored ? committed : stored;
}
