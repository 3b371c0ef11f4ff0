namespace LiveChat.Cql.Errors;

/// <summary>
/// A table could not be truncated, perhaps on some nodes only. Error 0x1003 (v5, section 9).
/// </summary>
public sealed class CqlTruncateException : CqlServerException
{
    internal CqlTruncateException(string message)
        : base(0x1003, message)
    {
    }

    /// <inheritdoc/>
    public override bool IsOutcomeUnknown => true;
}
