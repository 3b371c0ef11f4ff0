using System.Buffers.Binary;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>double (5.7).</summary>
internal sealed class DoubleCodec() : FixedCodec<double>(8, CqlTypeKind.Double)
{
    protected override void Write(Span<byte> destination, double value) =>
        BinaryPrimitives.WriteDoubleBigEndian(destination, value);

    protected override double Read(ReadOnlySpan<byte> source, Column column) =>
        BinaryPrimitives.ReadDoubleBigEndian(source);
}
