namespace LiveChat.Cql.Errors;

/// <summary>
/// The server's configuration does not allow it. Error 0x2300 (v5, section 9).
/// </summary>
public sealed class CqlConfigurationException : CqlServerException
{
    internal CqlConfigurationException(string message)
        : base(0x2300, message)
    {
    }
}
