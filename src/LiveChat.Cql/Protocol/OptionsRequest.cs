namespace LiveChat.Cql.Protocol;

/// <summary>OPTIONS (4.1.3): also the heartbeat.</summary>
internal readonly record struct OptionsRequest : IRequest
{
    public Opcode Opcode => Opcode.Options;

    public void WriteBody(ByteWriter writer, ProtocolVersion version)
    {
    }
}
