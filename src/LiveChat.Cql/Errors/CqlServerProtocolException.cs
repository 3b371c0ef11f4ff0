namespace LiveChat.Cql.Errors;

/// <summary>
/// The server found that a message broke the protocol. Error 0x000A (v5, section 9).
/// </summary>
public sealed class CqlServerProtocolException : CqlServerException
{
    internal CqlServerProtocolException(string message)
        : base(0x000A, message)
    {
    }
}
