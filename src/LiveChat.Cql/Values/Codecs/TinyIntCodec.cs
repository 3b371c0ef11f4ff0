namespace LiveChat.Cql.Values.Codecs;

/// <summary>tinyint (5.20).</summary>
internal sealed class TinyIntCodec() : FixedCodec<sbyte>(1, CqlTypeKind.TinyInt)
{
    protected override void Write(Span<byte> destination, sbyte value) => destination[0] = (byte)value;

    protected override sbyte Read(ReadOnlySpan<byte> source, Column column) => (sbyte)source[0];
}
