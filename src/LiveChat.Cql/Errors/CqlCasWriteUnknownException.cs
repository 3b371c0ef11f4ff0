namespace LiveChat.Cql.Errors;

/// <summary>
/// v5: the coordinator cannot say what became of a conditional write. Error 0x1700 (v5, section 9).
/// </summary>
public sealed class CqlCasWriteUnknownException : CqlServerException
{
    internal CqlCasWriteUnknownException(string message)
        : base(0x1700, message)
    {
    }

    /// <inheritdoc/>
    public override bool IsOutcomeUnknown => true;

    /// <summary>The serial consistency of the write.</summary>
    public required Consistency Consistency { get; init; }

    /// <summary>Replicas that confirmed.</summary>
    public required int Received { get; init; }

    /// <summary>Replicas that had to confirm.</summary>
    public required int BlockFor { get; init; }
}
