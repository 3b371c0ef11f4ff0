using System.Buffers.Binary;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>bigint (5.2) and the value of a counter.</summary>
internal sealed class BigIntCodec() : FixedCodec<long>(8, CqlTypeKind.BigInt, CqlTypeKind.Counter)
{
    protected override void Write(Span<byte> destination, long value) =>
        BinaryPrimitives.WriteInt64BigEndian(destination, value);

    protected override long Read(ReadOnlySpan<byte> source, Column column) =>
        BinaryPrimitives.ReadInt64BigEndian(source);
}
