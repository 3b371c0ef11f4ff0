namespace LiveChat.Core.Log;

/// <summary>A group that begins by what it has committed and by how far the store of history says that it is.</summary>
internal sealed class StoredOffsetReader : IPartitionReader
{
    private readonly IPartitionReader _inner;
    private readonly Func<int, Position> _storedThrough;
    private readonly Func<Position, Position, Position> _startOf;

    private StoredOffsetReader(
        IPartitionReader inner, Func<int, Position> storedThrough, Func<Position, Position, Position> startOf) =>
        (_inner, _storedThrough, _startOf) = (inner, storedThrough, startOf);

    /// <summary>
    /// The group of the store itself. It begins where the store is, or where it has committed when that is lower. So a
    /// store that was put back is filled again from the log, or its partition stops where the log no longer has what is
    /// missing. What was never committed does not count.
    /// </summary>
    public static StoredOffsetReader OfStore(IPartitionReader inner, Func<int, Position> storedThrough) => new(
        inner,
        storedThrough,
        static (committed, stored) => committed > Position.None && committed < stored ? committed : stored);

    /// <summary>
    /// Another group. It begins where history is, as long as it has committed nothing, or once the log has forgotten
    /// what it has: what is in history before that was handed over long ago, or clients read it there.
    /// </summary>
    public static StoredOffsetReader OfOther(IPartitionReader inner, Func<int, Position> storedThrough) => new(
        inner,
        storedThrough,
        static (committed, stored) => committed > Position.None ? committed : stored);

    public Task RunAsync(IPartitionOwner owner, CancellationToken cancellationToken) =>
        _inner.RunAsync(owner, cancellationToken);

    public ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken) =>
        _inner.ReadAsync(partition, after, bytesMax, cancellationToken);

    public ValueTask CommitAsync(
        IReadOnlyDictionary<int, Position> processed, CancellationToken cancellationToken) =>
        _inner.CommitAsync(processed, cancellationToken);

    public async ValueTask<IReadOnlyDictionary<int, Position>> CommittedAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        var committed = await _inner.CommittedAsync(partitions, cancellationToken);
        return partitions.ToDictionary(static one => one, one => _startOf(committed[one], _storedThrough(one)));
    }

    public ValueTask DisposeAsync() => _inner.DisposeAsync();
}
