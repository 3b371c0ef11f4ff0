using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>One field of a tuple; those behind the end of the bytes are null.</summary>
internal static class TupleField
{
    public static T Read<T>(CqlCodec<T> codec, ref BodyReader reader, CqlType type, Column column) =>
        reader.Left == 0 ? codec.ReadNull(column) : codec.ReadCell(ref reader, type, column);
}
