namespace LiveChat.Cql.Errors;

/// <summary>
/// The node does not know the prepared statement. The client prepares again by itself; seen only when that fails.
/// Error 0x2500 (v5, section 9).
/// </summary>
public sealed class CqlUnpreparedException : CqlServerException
{
    internal CqlUnpreparedException(string message)
        : base(0x2500, message)
    {
    }

    /// <inheritdoc/>
    public override bool IsRetryable => true;

    /// <summary>The id that the node does not know.</summary>
    public required ReadOnlyMemory<byte> StatementId { get; init; }
}
