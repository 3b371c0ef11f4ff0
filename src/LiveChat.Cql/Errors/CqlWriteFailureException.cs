using System.Net;

namespace LiveChat.Cql.Errors;

/// <summary>
/// Replicas failed a write with an error, not by a time-out. Error 0x1500 (v5, section 9).
/// </summary>
public sealed class CqlWriteFailureException : CqlServerException
{
    internal CqlWriteFailureException(string message)
        : base(0x1500, message)
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

    /// <summary>Replicas that failed.</summary>
    public required int FailureCount { get; init; }

    /// <summary>v5: the reason code of each replica that failed; empty in v4.</summary>
    public required IReadOnlyDictionary<IPAddress, int> Reasons { get; init; }

    /// <summary>SIMPLE, BATCH, UNLOGGED_BATCH, COUNTER, BATCH_LOG, CAS, VIEW or CDC.</summary>
    public required string WriteType { get; init; }
}
