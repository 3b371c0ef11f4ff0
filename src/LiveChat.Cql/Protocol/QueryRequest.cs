namespace LiveChat.Cql.Protocol;

/// <summary>QUERY (4.1.4) without values: what has values is prepared.</summary>
internal readonly record struct QueryRequest(string Cql, QueryParameters Parameters) : IRequest
{
    public Opcode Opcode => Opcode.Query;

    public void WriteBody(ByteWriter writer, ProtocolVersion version)
    {
        writer.WriteLongString(Cql);
        Parameters.Write(writer, version, null, skipMetadata: false);
    }
}
