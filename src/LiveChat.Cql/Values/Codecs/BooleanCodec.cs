namespace LiveChat.Cql.Values.Codecs;

/// <summary>boolean (5.4): 0 is false, anything else true, 1 is written.</summary>
internal sealed class BooleanCodec() : FixedCodec<bool>(1, CqlTypeKind.Boolean)
{
    protected override void Write(Span<byte> destination, bool value) => destination[0] = value ? (byte)1 : (byte)0;

    protected override bool Read(ReadOnlySpan<byte> source, Column column) => source[0] != 0;
}
