namespace LiveChat.Core.Log;

/// <summary>
/// A log in the memory of its readers: it wakes them itself and keeps what they have committed. Committed positions
/// survive a restart (perhaps older ones after a crash, never newer ones). <see cref="AllPartitionsReader"/> makes a
/// group of it. Any thread.
/// </summary>
internal interface IWaitingLog : IMessageLog
{
    /// <summary>As <see cref="IMessageLog.ReadAgainAsync"/>, but at the end waits, without polling, for the next
    /// record.</summary>
    ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken);

    /// <summary>See <see cref="IPartitionReader.CommitAsync"/>. A lower position than before is kept too: a group may
    /// start over.</summary>
    ValueTask CommitAsync(
        string group, IReadOnlyDictionary<int, Position> processed, CancellationToken cancellationToken);

    /// <summary>See <see cref="IPartitionReader.CommittedAsync"/>.</summary>
    ValueTask<IReadOnlyDictionary<int, Position>> CommittedAsync(
        string group, IReadOnlyCollection<int> partitions, CancellationToken cancellationToken);
}
