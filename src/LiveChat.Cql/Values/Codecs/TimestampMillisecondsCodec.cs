using System.Buffers.Binary;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>timestamp (5.18) as the number that it is.</summary>
internal sealed class TimestampMillisecondsCodec() : FixedCodec<long>(8, CqlTypeKind.Timestamp)
{
    protected override void Write(Span<byte> destination, long value) =>
        BinaryPrimitives.WriteInt64BigEndian(destination, value);

    protected override long Read(ReadOnlySpan<byte> source, Column column) =>
        BinaryPrimitives.ReadInt64BigEndian(source);
}
