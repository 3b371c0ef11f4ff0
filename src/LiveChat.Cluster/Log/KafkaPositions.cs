using Confluent.Kafka;
using LiveChat.Core.Log;

namespace LiveChat.Cluster.Log;

/// <summary>Kafka's offsets as positions of one generation, and back.</summary>
internal readonly record struct KafkaPositions(int Generation)
{
    public Position Of(Offset offset) => Position.Create(Generation, offset.Value);

    /// <summary>A record as the log gives it back.</summary>
    public LogEntry EntryOf(ConsumeResult<Ignore, byte[]> read) =>
        new(Of(read.Offset), read.Message.Timestamp.UnixTimestampMs, read.Message.Value ?? []);

    /// <summary>The offset of the first record behind a position.</summary>
    /// <exception cref="LogTrimmedException">The position is of another generation.</exception>
    public Offset Behind(Position after) =>
        after == Position.None
            ? new Offset(0)
            : after.Generation == Generation
                ? new Offset(after.Offset + 1)
                : throw new LogTrimmedException(
                    $"The position {after} is not of generation {Generation}, which the log is in.");

    /// <summary>The last record below an offset; none for offset 0.</summary>
    public Position Below(Offset offset) => offset.Value > 0 ? Of(offset.Value - 1) : Position.None;
}
