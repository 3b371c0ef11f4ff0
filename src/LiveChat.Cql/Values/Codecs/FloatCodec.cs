using System.Buffers.Binary;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>float (5.9).</summary>
internal sealed class FloatCodec() : FixedCodec<float>(4, CqlTypeKind.Float)
{
    protected override void Write(Span<byte> destination, float value) =>
        BinaryPrimitives.WriteSingleBigEndian(destination, value);

    protected override float Read(ReadOnlySpan<byte> source, Column column) =>
        BinaryPrimitives.ReadSingleBigEndian(source);
}
