namespace LiveChat.Cql.Values.Codecs;

/// <summary>What a tuple knows of one of its fields' codecs.</summary>
internal sealed record TupleField(CqlType Type, Func<CqlType, bool> Accepts)
{
    public static TupleField Of<T>(CqlCodec<T> codec) => new(codec.Type, codec.Accepts);
}
