namespace LiveChat.Cql.Protocol;

/// <summary>
/// A message from client to server (section 4.1). Implementations are structs, so that a request is encoded straight
/// into the connection's output without becoming an object of its own.
/// </summary>
internal interface IRequest
{
    Opcode Opcode { get; }

    void WriteBody(ByteWriter writer, ProtocolVersion version);
}
