namespace LiveChat.Core.Log;

/// <summary>
/// A group that begins by what it has committed and by what the store of history says. The store keeps the positions
/// of both groups beside what they wrote, so that either of log and store can tell that the other is older.
/// </summary>
internal sealed class StoredOffsetReader : IPartitionReader
{
    private readonly IPartitionReader _inner;
    private readonly StoredOffsets _history;
    private readonly StoredOffsets? _own;

    private StoredOffsetReader(IPartitionReader inner, StoredOffsets history, StoredOffsets? own) =>
        (_inner, _history, _own) = (inner, history, own);

    private bool IsOfStore { get; init; }

    /// <summary>
    /// The group of the store itself, which says with each flush how far it is. It begins there, or where it has
    /// committed when that is lower. So a store that was put back is filled again from the log, or its partition stops
    /// where the log no longer has what is missing. What was never committed does not count.
    /// </summary>
    public static StoredOffsetReader OfStore(IPartitionReader inner, StoredOffsets history) =>
        new(inner, history, own: null) { IsOfStore = true };

    /// <summary>
    /// Another group. It begins where it is by the log or by the store, whichever is higher: a store that was put back
    /// hands nothing over again. As long as neither has anything it begins where history is: what is in history before
    /// that was handed over long ago, or clients read it there.
    /// </summary>
    /// <param name="inner">The group's view of the log.</param>
    /// <param name="history">How far history is.</param>
    /// <param name="own">How far the group is, kept beside history and written before the log hears of it; null in a
    /// store that does not keep it.</param>
    public static StoredOffsetReader OfOther(
        IPartitionReader inner, StoredOffsets history, StoredOffsets? own = null) => new(inner, history, own);

    public Task RunAsync(IPartitionOwner owner, CancellationToken cancellationToken) =>
        _inner.RunAsync(owner, cancellationToken);

    public ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken) =>
        _inner.ReadAsync(partition, after, bytesMax, cancellationToken);

    public async ValueTask CommitAsync(
        IReadOnlyDictionary<int, Position> processed, CancellationToken cancellationToken)
    {
        if (_own is not null) await _own.RaiseAsync(processed, cancellationToken);
        await _inner.CommitAsync(processed, cancellationToken);
    }

    public async ValueTask<IReadOnlyDictionary<int, Position>> CommittedAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        var committed = await _inner.CommittedAsync(partitions, cancellationToken);
        var history = await _history.ReadAsync(partitions, cancellationToken);
        var own = _own is null ? committed : await _own.ReadAsync(partitions, cancellationToken);
        return partitions.ToDictionary(
            static one => one,
            one => IsOfStore
                ? StartOfStore(committed[one], history[one])
                : StartOf(committed[one], own[one], history[one]));
    }

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    private static Position StartOfStore(Position committed, Position stored) =>
        committed > Position.None && committed < stored ? committed : stored;

    private static Position StartOf(Position committed, Position own, Position history)
    {
        var higher = own > committed ? own : committed;
        return higher > Position.None ? higher : history;
    }
}
