namespace LiveChat.Cql.Errors;

/// <summary>
/// No answer came within the client's time. The request may still be at work on the server; its stream stays taken
/// until the answer comes.
/// </summary>
public sealed class CqlTimeoutException : CqlException
{
    internal CqlTimeoutException(TimeSpan timeout, bool isOutcomeUnknown)
        : base($"No answer within {timeout.TotalMilliseconds:F0} ms.")
    {
        Timeout = timeout;
        IsOutcomeUnknown = isOutcomeUnknown;
    }

    /// <summary>How long the client waited.</summary>
    public TimeSpan Timeout { get; }

    /// <inheritdoc/>
    public override bool IsRetryable => true;

    /// <inheritdoc/>
    public override bool IsOutcomeUnknown { get; }
}
