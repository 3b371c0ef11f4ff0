namespace LiveChat.Cql.Errors;

/// <summary>
/// A node sent what the specification does not allow. Where that is not inside of one answer, the connection is closed
/// and replaced.
/// </summary>
public sealed class CqlProtocolException : CqlException
{
    internal CqlProtocolException(string message, bool isOutcomeUnknown = true, Exception? innerException = null)
        : base(message, innerException) => IsOutcomeUnknown = isOutcomeUnknown;

    /// <inheritdoc/>
    public override bool IsRetryable => true;

    /// <inheritdoc/>
    public override bool IsOutcomeUnknown { get; }
}
