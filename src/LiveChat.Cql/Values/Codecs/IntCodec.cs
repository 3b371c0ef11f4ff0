using System.Buffers.Binary;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>int (5.11).</summary>
internal sealed class IntCodec() : FixedCodec<int>(4, CqlTypeKind.Int)
{
    protected override void Write(Span<byte> destination, int value) =>
        BinaryPrimitives.WriteInt32BigEndian(destination, value);

    protected override int Read(ReadOnlySpan<byte> source, Column column) =>
        BinaryPrimitives.ReadInt32BigEndian(source);
}
