using System.Text;
using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>text (5.16): UTF-8. Half a surrogate pair is refused instead of becoming a replacement character.</summary>
internal sealed class TextCodec : CqlCodec<string>
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    internal override CqlType Type => CqlType.Of(CqlTypeKind.Text);

    internal override bool Accepts(CqlType type) => type.Kind is CqlTypeKind.Text or CqlTypeKind.Ascii;

    internal override void Write(ByteWriter writer, string value, CqlType type, Column column)
    {
        if (type.Kind == CqlTypeKind.Ascii && !Ascii.IsValid(value))
            throw Malformed(column, "the text has characters outside of US-ASCII.");
        try
        {
            Strict.GetBytes(value, writer.Reserve(Strict.GetByteCount(value)));
        }
        catch (EncoderFallbackException)
        {
            throw Malformed(column, "the text has half of a surrogate pair.");
        }
    }

    internal override string Read(ReadOnlySpan<byte> bytes, CqlType type, Column column)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Malformed(column, "the bytes are no UTF-8.");
        }
    }
}
