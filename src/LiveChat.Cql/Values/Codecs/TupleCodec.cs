using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>
/// tuple (5.21): its fields one behind the other. <paramref name="write"/> and <paramref name="read"/> name them in
/// order; a field that an older row does not have is null.
/// </summary>
internal sealed class TupleCodec<TTuple>(
    TupleField[] fields, TupleCodec<TTuple>.Writing write, TupleCodec<TTuple>.Reading read) : CqlCodec<TTuple>
    where TTuple : struct
{
    public delegate void Writing(ref TupleWriter writer, in TTuple value);

    public delegate TTuple Reading(ref TupleReader reader);

    public IReadOnlyList<TupleField> Fields => fields;

    public Writing WriteFields => write;

    public Reading ReadFields => read;

    internal override CqlType Type { get; } =
        CqlType.Of(CqlTypeKind.Tuple, Array.ConvertAll(fields, field => field.Type));

    internal override bool Accepts(CqlType type)
    {
        if (type.Kind != CqlTypeKind.Tuple || type.Elements.Count != fields.Length) return false;
        for (var index = 0; index < fields.Length; index++)
        {
            if (!fields[index].Accepts(type.Elements[index])) return false;
        }

        return true;
    }

    internal override void Write(ByteWriter writer, TTuple value, CqlType type, Column column)
    {
        var tuple = new TupleWriter(writer, type, column);
        write(ref tuple, value);
    }

    internal override TTuple Read(ReadOnlySpan<byte> bytes, CqlType type, Column column)
    {
        try
        {
            var tuple = new TupleReader(bytes, type, column);
            return read(ref tuple);
        }
        catch (CqlProtocolException exception)
        {
            throw Malformed(column, exception.Message);
        }
    }
}
