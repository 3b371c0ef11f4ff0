namespace LiveChat.Cql.Errors;

/// <summary>
/// The CQL text has a syntax error. Error 0x2000 (v5, section 9).
/// </summary>
public sealed class CqlSyntaxException : CqlServerException
{
    internal CqlSyntaxException(string message)
        : base(0x2000, message)
    {
    }
}
