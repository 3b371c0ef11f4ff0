namespace LiveChat.Core.Log;

/// <summary>
/// The durable, partitioned log: the truth from which everything else is derived. The contract tests check of every
/// implementation: an append is answered only once it is durable; appends to one partition get growing positions in
/// the order of the calls and append times that never fall; no reader ever sees a record that is not durable;
/// readers are woken by appends; what was read once reads the same again, also after a restart; committed positions
/// survive a restart (perhaps an older one after a crash, never a newer one) and are kept per group.
/// All members may be called from any thread.
/// </summary>
internal interface IMessageLog : IAsyncDisposable
{
    /// <summary>How many partitions there are; never changes for a live log.</summary>
    int Partitions { get; }

    /// <summary>
    /// Appends a record; completes once it is durable. The order of two calls on one partition is the order of
    /// their records even when the first was not awaited. Cancelling stops the waiting, not the append.
    /// </summary>
    /// <exception cref="LogUnavailableException">The record is certainly not in the log, and may be appended
    /// later: no room, or the queue of the committer is full.</exception>
    /// <exception cref="LogFailedException">The outcome is unknown, and this log takes no more appends.</exception>
    ValueTask<Appended> AppendAsync(int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken);

    /// <summary>
    /// Reads the durable records behind <paramref name="after"/>, at least one (waiting for it without polling) and
    /// no more than fit into <paramref name="bytesMax"/> bytes, except that the first is always returned.
    /// </summary>
    /// <exception cref="LogTrimmedException">The record behind <paramref name="after"/> was trimmed, or the log ends
    /// below <paramref name="after"/>: it is not the one that was read before.</exception>
    /// <exception cref="LogFailedException">The log failed.</exception>
    ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken);

    /// <summary>What the partition holds at this moment, and the least time that its next record can have.</summary>
    ValueTask<LogRange> RangeAsync(int partition, CancellationToken cancellationToken);

    /// <summary>
    /// Notes that the group has processed everything through <paramref name="position"/>, durably as far as it goes
    /// by itself. Committing a lower position than before is allowed (a group that starts over) and kept.
    /// </summary>
    ValueTask CommitAsync(string group, int partition, Position position, CancellationToken cancellationToken);

    /// <summary>What the group has committed; <see cref="Position.None"/> for a new group.</summary>
    ValueTask<Position> CommittedAsync(string group, int partition, CancellationToken cancellationToken);

    /// <summary>Deletes the records through <paramref name="through"/>; the append continues where it was.</summary>
    ValueTask TrimAsync(int partition, Position through, CancellationToken cancellationToken);
}

/// <summary>Where a record went and the log's time for it.</summary>
/// <param name="Position">Its position in the partition.</param>
/// <param name="TimeMs">Its append time in Unix milliseconds; never falls.</param>
internal readonly record struct Appended(Position Position, long TimeMs);

/// <summary>A record as the log gives it back.</summary>
internal readonly record struct LogEntry(Position Position, long TimeMs, ReadOnlyMemory<byte> Bytes);

/// <summary>What a partition holds.</summary>
/// <param name="Begin">The first record that is there, or the next one to be appended when there is none.</param>
/// <param name="End">The last durable record that was ever appended; <see cref="Position.None"/> before any.</param>
/// <param name="NextTimeMs">No record behind <paramref name="End"/> has an earlier append time, also one whose sync is
/// still under way. Unix milliseconds.</param>
internal readonly record struct LogRange(Position Begin, Position End, long NextTimeMs = 0);
