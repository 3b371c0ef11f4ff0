using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>A value type that may be null.</summary>
internal sealed class NullableCodec<T>(CqlCodec<T> codec) : CqlCodec<T?>
    where T : struct
{
    internal override CqlType Type => codec.Type;

    internal override bool Accepts(CqlType type) => codec.Accepts(type);

    internal override void Write(ByteWriter writer, T? value, CqlType type, Column column) =>
        codec.Write(writer, value.GetValueOrDefault(), type, column);

    internal override T? Read(ReadOnlySpan<byte> bytes, CqlType type, Column column) =>
        codec.Read(bytes, type, column);

    internal override T? ReadNull(Column column) => null;
}
