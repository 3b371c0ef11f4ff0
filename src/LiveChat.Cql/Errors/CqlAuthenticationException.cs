namespace LiveChat.Cql.Errors;

/// <summary>
/// The server did not accept the credentials, or wants some. Error 0x0100 (v5, section 9).
/// </summary>
public sealed class CqlAuthenticationException : CqlServerException
{
    internal CqlAuthenticationException(string message)
        : base(0x0100, message)
    {
    }
}
