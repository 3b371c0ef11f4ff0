using System.Buffers.Binary;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>
/// timestamp (5.18): milliseconds since 1970, so what a <see cref="DateTimeOffset"/> has below that is cut off.
/// </summary>
internal sealed class TimestampCodec() : FixedCodec<DateTimeOffset>(8, CqlTypeKind.Timestamp)
{
    private static readonly long Least = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long Greatest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    protected override void Write(Span<byte> destination, DateTimeOffset value) =>
        BinaryPrimitives.WriteInt64BigEndian(destination, value.ToUnixTimeMilliseconds());

    protected override DateTimeOffset Read(ReadOnlySpan<byte> source, Column column)
    {
        var milliseconds = BinaryPrimitives.ReadInt64BigEndian(source);
        return milliseconds >= Least && milliseconds <= Greatest
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : throw Malformed(column, "the year is outside of 1 to 9999; read it as TimestampMilliseconds.");
    }
}
