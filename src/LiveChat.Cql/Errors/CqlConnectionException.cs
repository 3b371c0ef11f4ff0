namespace LiveChat.Cql.Errors;

/// <summary>A connection could not be made, or was lost while a request was on it.</summary>
public sealed class CqlConnectionException : CqlException
{
    internal CqlConnectionException(string message, bool isOutcomeUnknown, Exception? innerException = null)
        : base(message, innerException) => IsOutcomeUnknown = isOutcomeUnknown;

    /// <inheritdoc/>
    public override bool IsRetryable => true;

    /// <summary>False when it is certain that no byte of the request left this process.</summary>
    internal bool WasSent { get; init; } = true;

    /// <summary>True when the request may have reached the node before the connection was lost.</summary>
    public override bool IsOutcomeUnknown { get; }
}
