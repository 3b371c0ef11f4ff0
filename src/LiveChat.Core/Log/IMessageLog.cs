namespace LiveChat.Core.Log;

/// <summary>
/// The durable, partitioned log: the truth from which everything else is derived. The contract tests check of every
/// implementation: an append is answered only once it is durable; appends to one partition get growing positions in
/// the order of the calls; nobody ever sees a record that is not durable; what was read once reads the same again, also
/// after a restart. Groups read it through <see cref="IPartitionReader"/>. All members may be called from any thread.
/// </summary>
internal interface IMessageLog : IAsyncDisposable
{
    /// <summary>How many partitions there are; never changes for a live log.</summary>
    int Partitions { get; }

    /// <summary>
    /// Whether one clock gives the times of all partitions: they never fall, and <see cref="LogRange.NextTimeMs"/> says
    /// what comes next at the earliest. Without one a record may be seen long after its append time, the times of a
    /// partition may fall, and only what was seen says something of time (<see cref="LogEntry.EndSeenMs"/>).
    /// </summary>
    bool HasClock { get; }

    /// <summary>
    /// Appends a record; completes once it is durable. The order of two calls on one partition is the order of
    /// their records even when the first was not awaited. Cancelling stops the waiting, not the append.
    /// </summary>
    /// <exception cref="LogUnavailableException">The record is certainly not in the log, and may be appended
    /// later: no room, or the queue of the committer is full.</exception>
    /// <exception cref="AppendUnknownException">The record may be in the log, or appear there later; the log goes on.
    /// </exception>
    /// <exception cref="LogFailedException">The outcome is unknown, and this log takes no more appends.</exception>
    ValueTask<Appended> AppendAsync(int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken);

    /// <summary>
    /// Reads the records behind <paramref name="after"/> that can be seen now, none at the end, without a group: no
    /// more than fit into <paramref name="bytesMax"/> bytes, except that the first is always returned.
    /// </summary>
    /// <exception cref="LogTrimmedException">The record behind <paramref name="after"/> was trimmed, or the log ends
    /// below <paramref name="after"/>: it is not the one that was read before.</exception>
    /// <exception cref="LogUnavailableException">Nobody answers.</exception>
    /// <exception cref="LogFailedException">The log failed.</exception>
    ValueTask<IReadOnlyList<LogEntry>> ReadAgainAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken);

    /// <summary>What the partitions hold at this moment, all of them in one request.</summary>
    /// <exception cref="LogUnavailableException">Nobody answers, or not for all.</exception>
    ValueTask<IReadOnlyDictionary<int, LogRange>> RangesAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken);

    /// <summary>
    /// By partition, the first record that is there whose append time is that one or a later one, Unix milliseconds;
    /// where there is none, the position behind the end. One request.
    /// </summary>
    /// <exception cref="LogUnavailableException">Nobody answers, or not for all.</exception>
    ValueTask<IReadOnlyDictionary<int, Position>> FirstSinceAsync(
        IReadOnlyDictionary<int, long> timesMs, CancellationToken cancellationToken);

    /// <summary>Deletes the records of each partition through its position; appends go on where they were.</summary>
    /// <exception cref="LogUnavailableException">Not everywhere; it may be asked for again.</exception>
    ValueTask TrimAsync(IReadOnlyDictionary<int, Position> through, CancellationToken cancellationToken);
}

/// <summary>Where a record went and the log's time for it.</summary>
/// <param name="Position">Its position in the partition.</param>
/// <param name="TimeMs">Its append time in Unix milliseconds.</param>
internal readonly record struct Appended(Position Position, long TimeMs);

/// <summary>A record as the log gives it back.</summary>
/// <param name="Position">Its position in the partition.</param>
/// <param name="TimeMs">Its append time in Unix milliseconds.</param>
/// <param name="Bytes">What was appended.</param>
/// <param name="EndSeenMs">The reader's clock when it saw that this was the last visible record of the partition, Unix
/// milliseconds. 0 when it was not the last, and in a log with a clock of its own.</param>
internal readonly record struct LogEntry(
    Position Position, long TimeMs, ReadOnlyMemory<byte> Bytes, long EndSeenMs = 0);

/// <summary>What a partition holds.</summary>
/// <param name="Begin">The first record that is there, or the next one to be appended when there is none.</param>
/// <param name="End">The last durable record that was ever appended; <see cref="Position.None"/> before any.</param>
/// <param name="NextTimeMs">No record behind <paramref name="End"/> has an earlier append time, also one whose sync is
/// still under way. Unix milliseconds; 0 of a log that has no clock of its own: it says nothing of the future.</param>
internal readonly record struct LogRange(Position Begin, Position End, long NextTimeMs = 0)
{
    /// <summary>Whether the log has lost records of its end: a store beside it has more than it.</summary>
    public bool HasLost(Position passed) => passed >= Begin && passed > End;

    /// <summary>How many records are there that a group has not passed.</summary>
    public long Behind(Position committed) =>
        committed >= End || End < Begin ? 0
        : committed < Begin ? End.Offset - Begin.Offset + 1
        : End.Offset - committed.Offset;
}
