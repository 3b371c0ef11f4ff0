namespace LiveChat.Cql.Protocol;

/// <summary>PREPARE (4.1.5). v5 has flags, of which none is needed.</summary>
internal readonly record struct PrepareRequest(string Cql) : IRequest
{
    public Opcode Opcode => Opcode.Prepare;

    public void WriteBody(ByteWriter writer, ProtocolVersion version)
    {
        writer.WriteLongString(Cql);
        if (version >= ProtocolVersion.V5) writer.WriteInt(0);
    }
}
