namespace LiveChat.Cql.Protocol;

/// <summary>REGISTER (4.1.8).</summary>
internal readonly record struct RegisterRequest(string[] Events) : IRequest
{
    public Opcode Opcode => Opcode.Register;

    public void WriteBody(ByteWriter writer, ProtocolVersion version)
    {
        writer.WriteShort(Events.Length);
        foreach (var name in Events) writer.WriteString(name);
    }
}
