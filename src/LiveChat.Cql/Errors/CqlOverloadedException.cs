namespace LiveChat.Cql.Errors;

/// <summary>
/// The coordinator has too much to do and refused the request. Error 0x1001 (v5, section 9).
/// </summary>
public sealed class CqlOverloadedException : CqlServerException
{
    internal CqlOverloadedException(string message)
        : base(0x1001, message)
    {
    }

    /// <inheritdoc/>
    public override bool IsRetryable => true;
}
