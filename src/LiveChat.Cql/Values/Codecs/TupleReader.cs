using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>Reads the fields of one tuple in order; those behind the end of the bytes are null.</summary>
internal ref struct TupleReader(ReadOnlySpan<byte> bytes, CqlType type, Column column)
{
    private BodyReader _reader = new(bytes);
    private int _next;

    public T Read<T>(CqlCodec<T> codec)
    {
        var field = type.Elements[_next++];
        return _reader.Left == 0 ? codec.ReadNull(column) : codec.ReadCell(ref _reader, field, column);
    }
}
