namespace LiveChat.Cql.Errors;

/// <summary>
/// Something unexpected happened inside the server. Error 0x0000 (v5, section 9).
/// </summary>
public sealed class CqlServerErrorException : CqlServerException
{
    internal CqlServerErrorException(string message)
        : base(0x0000, message)
    {
    }

    /// <inheritdoc/>
    public override bool IsRetryable => true;

    /// <inheritdoc/>
    public override bool IsOutcomeUnknown => true;
}
