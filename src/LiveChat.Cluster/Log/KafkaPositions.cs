using Confluent.Kafka;
using LiveChat.Core.Log;

namespace LiveChat.Cluster.Log;

/// <summary>Kafka's offsets as positions of one generation, and back.</summary>
internal readonly record struct KafkaPositions(int Generation)
{
    public Position Of(Offset offset) => Position.Create(Generation, offset.Value);

    /// <summary>A record as the log gives it back.</summary>
    /// <param name="read">What was read.</param>
    /// <param name="endSeenMs">See <see cref="LogEntry.EndSeenMs"/>.</param>
    public LogEntry EntryOf(ConsumeResult<Ignore, byte[]> read, long endSeenMs = 0) =>
        new(Of(read.Offset), read.Message.Timestamp.UnixTimestampMs, read.Message.Value ?? [], endSeenMs);

    /// <summary>The offset of the first record behind a position. Behind one of an earlier generation it is the first
    /// of this one.</summary>
    /// <exception cref="LogTrimmedException">The position is of a later generation.</exception>
    public Offset Behind(Position after)
    {
        if (after.Generation > Generation)
            throw new LogTrimmedException(
                $"The position {after} is of a later generation than {Generation}, which the log is in.");
        return new Offset(after.Generation < Generation ? 0 : after.Offset + 1);
    }

    /// <summary>The last record below an offset; none for offset 0.</summary>
    public Position Below(Offset offset) => offset.Value > 0 ? Of(offset.Value - 1) : Position.None;
}
