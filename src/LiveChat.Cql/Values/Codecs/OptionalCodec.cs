using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>A reference type that may be null.</summary>
internal sealed class OptionalCodec<T>(CqlCodec<T> codec) : CqlCodec<T?>
    where T : class
{
    internal override CqlType Type => codec.Type;

    internal override bool Accepts(CqlType type) => codec.Accepts(type);

    internal override void Write(ByteWriter writer, T? value, CqlType type, Column column) =>
        codec.Write(writer, value!, type, column); // WriteCell never passes a null on

    internal override T? Read(ReadOnlySpan<byte> bytes, CqlType type, Column column) =>
        codec.Read(bytes, type, column);

    internal override T? ReadNull(Column column) => null;
}
