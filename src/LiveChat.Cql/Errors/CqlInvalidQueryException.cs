namespace LiveChat.Cql.Errors;

/// <summary>
/// The CQL text is well-formed but wrong: no such table, a missing key, a bad value. Error 0x2200 (v5, section
/// 9).
/// </summary>
public sealed class CqlInvalidQueryException : CqlServerException
{
    internal CqlInvalidQueryException(string message)
        : base(0x2200, message)
    {
    }
}
