namespace LiveChat.Core.Log;

/// <summary>
/// One consumer group's view of the log: partitions are assigned and revoked while work is in flight. Any thread.
/// </summary>
internal interface IPartitionReader : IAsyncDisposable
{
    /// <summary>Takes part in the group until cancelled; then everything is revoked. Calls the owner one change at a
    /// time.</summary>
    Task RunAsync(IPartitionOwner owner, CancellationToken cancellationToken);

    /// <summary>
    /// Waits for the next visible records of a partition that is assigned. Some that were returned before may come
    /// again in front of them.
    /// </summary>
    /// <param name="partition">The partition.</param>
    /// <param name="after">What the owner gave at the assignment, then the last position that was returned.</param>
    /// <param name="bytesMax">No more bytes than this, except that the first record is always returned.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The partition was revoked.</exception>
    /// <exception cref="LogTrimmedException">The record behind the position was trimmed, or the log ends below it.
    /// </exception>
    /// <exception cref="LogFailedException">What is there cannot be read.</exception>
    ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken);

    /// <summary>Notes what the group has processed, partition by partition, in one request.</summary>
    /// <exception cref="LogUnavailableException">Nothing was noted, or not all.</exception>
    ValueTask CommitAsync(IReadOnlyDictionary<int, Position> processed, CancellationToken cancellationToken);

    /// <summary>What the group has committed; <see cref="Position.None"/> for what it never has.</summary>
    /// <exception cref="LogUnavailableException">Nobody answers.</exception>
    ValueTask<IReadOnlyDictionary<int, Position>> CommittedAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken);
}

/// <summary>Who works on what is assigned: a new loop for each partition that comes, dropped when it goes.</summary>
internal interface IPartitionOwner
{
    /// <summary>Begins with the partitions; gives the position behind which each is read.</summary>
    ValueTask<IReadOnlyDictionary<int, Position>> AssignAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken);

    /// <summary>Ends with the partitions, after a last commit if they are not lost already.</summary>
    ValueTask RevokeAsync(IReadOnlyCollection<int> partitions, bool isLost, CancellationToken cancellationToken);
}
