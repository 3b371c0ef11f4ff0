using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>tuple of two (5.21). A field that an older row does not have is null.</summary>
internal sealed class TupleCodec<T1, T2>(CqlCodec<T1> first, CqlCodec<T2> second) : CqlCodec<(T1, T2)>
{
    internal override bool Accepts(CqlType type) =>
        type.Kind == CqlTypeKind.Tuple && type.Elements.Count == 2
        && first.Accepts(type.Elements[0]) && second.Accepts(type.Elements[1]);

    internal override void Write(ByteWriter writer, (T1, T2) value, CqlType type, Column column)
    {
        first.WriteCell(writer, value.Item1, type.Elements[0], column);
        second.WriteCell(writer, value.Item2, type.Elements[1], column);
    }

    internal override (T1, T2) Read(ReadOnlySpan<byte> bytes, CqlType type, Column column)
    {
        try
        {
            var reader = new BodyReader(bytes);
            var one = TupleField.Read(first, ref reader, type.Elements[0], column);
            return (one, TupleField.Read(second, ref reader, type.Elements[1], column));
        }
        catch (CqlProtocolException exception)
        {
            throw Malformed(column, exception.Message);
        }
    }
}
