namespace LiveChat.Cql.Protocol;

/// <summary>
/// EXECUTE (4.1.6). Only v5 leaves the result's description away: v4 cannot tell a client that it is out of date.
/// </summary>
internal readonly record struct ExecuteRequest(
    PreparedMetadata Prepared, IBoundValues Values, QueryParameters Parameters) : IRequest
{
    public Opcode Opcode => Opcode.Execute;

    public void WriteBody(ByteWriter writer, ProtocolVersion version)
    {
        writer.WriteShortBytes(Prepared.Id);
        if (version >= ProtocolVersion.V5) writer.WriteShortBytes(Prepared.ResultId ?? []);
        var skipMetadata = version >= ProtocolVersion.V5 && Prepared.ResultColumns is not null;
        Parameters.Write(writer, version, Values, skipMetadata);
    }
}
