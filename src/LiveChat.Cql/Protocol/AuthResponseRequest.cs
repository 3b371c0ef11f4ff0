namespace LiveChat.Cql.Protocol;

/// <summary>AUTH_RESPONSE (4.1.2).</summary>
internal readonly record struct AuthResponseRequest(ReadOnlyMemory<byte> Token) : IRequest
{
    public Opcode Opcode => Opcode.AuthResponse;

    public void WriteBody(ByteWriter writer, ProtocolVersion version) => writer.WriteBytes(Token.Span);
}
