using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>Writes the fields of one tuple in order.</summary>
internal ref struct TupleWriter(ByteWriter writer, CqlType type, Column column)
{
    private int _next;

    public void Write<T>(CqlCodec<T> codec, T value) => codec.WriteCell(writer, value, type.Elements[_next++], column);
}
