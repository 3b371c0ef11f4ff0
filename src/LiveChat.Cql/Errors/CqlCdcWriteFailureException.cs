namespace LiveChat.Cql.Errors;

/// <summary>
/// The space for change data capture is full. Error 0x1600 (v5, section 9).
/// </summary>
public sealed class CqlCdcWriteFailureException : CqlServerException
{
    internal CqlCdcWriteFailureException(string message)
        : base(0x1600, message)
    {
    }

    /// <inheritdoc/>
    public override bool IsRetryable => true;

    /// <inheritdoc/>
    public override bool IsOutcomeUnknown => true; // another replica may have had room
}
