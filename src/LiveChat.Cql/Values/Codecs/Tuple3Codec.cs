using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>tuple of three (5.21). A field that an older row does not have is null.</summary>
internal sealed class Tuple3Codec<T1, T2, T3>(CqlCodec<T1> first, CqlCodec<T2> second, CqlCodec<T3> third)
    : CqlCodec<(T1, T2, T3)>
{
    internal override bool Accepts(CqlType type) =>
        type.Kind == CqlTypeKind.Tuple && type.Elements.Count == 3
        && first.Accepts(type.Elements[0]) && second.Accepts(type.Elements[1]) && third.Accepts(type.Elements[2]);

    internal override void Write(ByteWriter writer, (T1, T2, T3) value, CqlType type, Column column)
    {
        first.WriteCell(writer, value.Item1, type.Elements[0], column);
        second.WriteCell(writer, value.Item2, type.Elements[1], column);
        third.WriteCell(writer, value.Item3, type.Elements[2], column);
    }

    internal override (T1, T2, T3) Read(ReadOnlySpan<byte> bytes, CqlType type, Column column)
    {
        try
        {
            var reader = new BodyReader(bytes);
            var one = TupleField.Read(first, ref reader, type.Elements[0], column);
            var two = TupleField.Read(second, ref reader, type.Elements[1], column);
            return (one, two, TupleField.Read(third, ref reader, type.Elements[2], column));
        }
        catch (CqlProtocolException exception)
        {
            throw Malformed(column, exception.Message);
        }
    }
}
