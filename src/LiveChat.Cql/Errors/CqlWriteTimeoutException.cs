namespace LiveChat.Cql.Errors;

/// <summary>
/// Too few replicas confirmed a write in the server's time. Error 0x1100 (v5, section 9).
/// </summary>
public sealed class CqlWriteTimeoutException : CqlServerException
{
    internal CqlWriteTimeoutException(string message)
        : base(0x1100, message)
    {
    }

    /// <inheritdoc/>
    public override bool IsRetryable => true;

    /// <inheritdoc/>
    public override bool IsOutcomeUnknown => true;

    /// <summary>The consistency that was asked for.</summary>
    public required Consistency Consistency { get; init; }

    /// <summary>Replicas that confirmed.</summary>
    public required int Received { get; init; }

    /// <summary>Replicas that had to confirm.</summary>
    public required int BlockFor { get; init; }

    /// <summary>SIMPLE, BATCH, UNLOGGED_BATCH, COUNTER, BATCH_LOG, CAS, VIEW or CDC.</summary>
    public required string WriteType { get; init; }

    /// <summary>v5, CAS only: how many other proposals were in the way.</summary>
    public required int? Contentions { get; init; }
}
