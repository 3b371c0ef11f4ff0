using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>map (5.13): a count, then keys and values in turn. Cassandra stores an empty one as null.</summary>
internal sealed class MapCodec<TKey, TValue>(CqlCodec<TKey> key, CqlCodec<TValue> value)
    : CqlCodec<IReadOnlyDictionary<TKey, TValue>>
    where TKey : notnull
{
    internal override CqlType Type { get; } = CqlType.Of(CqlTypeKind.Map, key.Type, value.Type);

    internal override bool Accepts(CqlType type) =>
        type.Kind == CqlTypeKind.Map && key.Accepts(type.Elements[0]) && value.Accepts(type.Elements[1]);

    internal override void Write(
        ByteWriter writer, IReadOnlyDictionary<TKey, TValue> map, CqlType type, Column column)
    {
        writer.WriteInt(map.Count);
        foreach (var (k, v) in map)
        {
            if (value.IsNull(v)) throw Malformed(column, "a value is null.");
            key.WriteCell(writer, k, type.Elements[0], column);
            value.WriteCell(writer, v, type.Elements[1], column);
        }
    }

    internal override IReadOnlyDictionary<TKey, TValue> Read(ReadOnlySpan<byte> bytes, CqlType type, Column column)
    {
        try
        {
            var reader = new BodyReader(bytes);
            var count = reader.ReadCount(8);
            var map = new Dictionary<TKey, TValue>(count);
            for (var index = 0; index < count; index++)
            {
                var k = key.ReadCell(ref reader, type.Elements[0], column);
                map[k] = value.ReadCell(ref reader, type.Elements[1], column);
            }

            return map;
        }
        catch (CqlProtocolException exception)
        {
            throw Malformed(column, exception.Message);
        }
    }

    internal override IReadOnlyDictionary<TKey, TValue> ReadNull(Column column) => new Dictionary<TKey, TValue>();
}
