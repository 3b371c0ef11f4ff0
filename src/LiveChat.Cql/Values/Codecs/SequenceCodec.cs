using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>list (5.12) and set (5.14): a count and the elements. Cassandra stores an empty one as null.</summary>
internal sealed class SequenceCodec<T>(CqlCodec<T> element, CqlTypeKind kind) : CqlCodec<IReadOnlyCollection<T>>
{
    internal override CqlType Type { get; } = CqlType.Of(kind, element.Type);

    internal override bool Accepts(CqlType type) => type.Kind == kind && element.Accepts(type.Elements[0]);

    internal override void Write(ByteWriter writer, IReadOnlyCollection<T> value, CqlType type, Column column)
    {
        writer.WriteInt(value.Count);
        foreach (var item in value)
        {
            if (element.IsNull(item)) throw Malformed(column, "an element is null.");
            element.WriteCell(writer, item, type.Elements[0], column);
        }
    }

    internal override IReadOnlyCollection<T> Read(ReadOnlySpan<byte> bytes, CqlType type, Column column)
    {
        try
        {
            var reader = new BodyReader(bytes);
            var items = new T[reader.ReadCount(4)];
            for (var index = 0; index < items.Length; index++)
                items[index] = element.ReadCell(ref reader, type.Elements[0], column);
            return items;
        }
        catch (CqlProtocolException exception)
        {
            throw Malformed(column, exception.Message);
        }
    }

    internal override IReadOnlyCollection<T> ReadNull(Column column) => [];
}
