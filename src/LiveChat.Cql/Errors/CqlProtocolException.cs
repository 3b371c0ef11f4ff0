namespace LiveChat.Cql.Errors;

/// <summary>A node sent bytes that the specification does not allow. Its connection is closed and replaced.</summary>
public sealed class CqlProtocolException : CqlException
{
    internal CqlProtocolException(string message)
        : base(message)
    {
    }

    /// <inheritdoc/>
    public override bool IsRetryable => true;

    /// <inheritdoc/>
    public override bool IsOutcomeUnknown => true;
}
