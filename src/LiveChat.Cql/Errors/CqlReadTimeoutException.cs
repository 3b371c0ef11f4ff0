namespace LiveChat.Cql.Errors;

/// <summary>
/// Too few replicas answered a read in the server's time. Error 0x1200 (v5, section 9).
/// </summary>
public sealed class CqlReadTimeoutException : CqlServerException
{
    internal CqlReadTimeoutException(string message)
        : base(0x1200, message)
    {
    }

    /// <inheritdoc/>
    public override bool IsRetryable => true;

    /// <summary>The consistency that was asked for.</summary>
    public required Consistency Consistency { get; init; }

    /// <summary>Replicas that answered.</summary>
    public required int Received { get; init; }

    /// <summary>Replicas that had to answer.</summary>
    public required int BlockFor { get; init; }

    /// <summary>Whether the replica that was asked for the data itself answered.</summary>
    public required bool IsDataPresent { get; init; }
}
