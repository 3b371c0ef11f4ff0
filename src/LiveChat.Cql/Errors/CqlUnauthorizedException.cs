namespace LiveChat.Cql.Errors;

/// <summary>
/// The user may not do this. Error 0x2100 (v5, section 9).
/// </summary>
public sealed class CqlUnauthorizedException : CqlServerException
{
    internal CqlUnauthorizedException(string message)
        : base(0x2100, message)
    {
    }
}
