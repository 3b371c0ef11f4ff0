using System.Net;

namespace LiveChat.Cql.Errors;

/// <summary>
/// Replicas failed a read with an error, not by a time-out. Error 0x1300 (v5, section 9).
/// </summary>
public sealed class CqlReadFailureException : CqlServerException
{
    internal CqlReadFailureException(string message)
        : base(0x1300, message)
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

    /// <summary>Replicas that failed.</summary>
    public required int FailureCount { get; init; }

    /// <summary>v5: the reason code of each replica that failed; empty in v4.</summary>
    public required IReadOnlyDictionary<IPAddress, int> Reasons { get; init; }

    /// <summary>Whether the replica that was asked for the data itself answered.</summary>
    public required bool IsDataPresent { get; init; }
}
