namespace LiveChat.Cql.Errors;

/// <summary>
/// Too few replicas are alive for the consistency; nothing was tried. Error 0x1000 (v5, section 9).
/// </summary>
public sealed class CqlUnavailableException : CqlServerException
{
    internal CqlUnavailableException(string message)
        : base(0x1000, message)
    {
    }

    /// <inheritdoc/>
    public override bool IsRetryable => true;

    /// <summary>The consistency that was asked for.</summary>
    public required Consistency Consistency { get; init; }

    /// <summary>Replicas that must be alive.</summary>
    public required int Required { get; init; }

    /// <summary>Replicas that the coordinator knew to be alive.</summary>
    public required int Alive { get; init; }
}
