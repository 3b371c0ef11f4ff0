using System.Buffers.Binary;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>smallint (5.15).</summary>
internal sealed class SmallIntCodec() : FixedCodec<short>(2, CqlTypeKind.SmallInt)
{
    protected override void Write(Span<byte> destination, short value) =>
        BinaryPrimitives.WriteInt16BigEndian(destination, value);

    protected override short Read(ReadOnlySpan<byte> source, Column column) =>
        BinaryPrimitives.ReadInt16BigEndian(source);
}
