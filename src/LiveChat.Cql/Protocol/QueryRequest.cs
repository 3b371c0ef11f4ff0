namespace LiveChat.Cql.Protocol;

/// <summary>QUERY (4.1.4), with positional values or none.</summary>
internal readonly record struct QueryRequest(string Cql, QueryParameters Parameters, IBoundValues? Values = null)
    : IRequest
{
    public Opcode Opcode => Opcode.Query;

    public void WriteBody(ByteWriter writer, ProtocolVersion version)
    {
        writer.WriteLongString(Cql);
        Parameters.Write(writer, version, Values, skipMetadata: false);
    }
}
