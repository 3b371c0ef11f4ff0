namespace LiveChat.Cql.Errors;

/// <summary>
/// A conditional statement or a serial read ended without a verdict: it may have been applied, may be applied later, or
/// never. The client never repeats it. Read the row at serial consistency to find out what became of it.
/// <see cref="Exception.InnerException"/> is what happened.
/// </summary>
public sealed class CqlUnknownOutcomeException : CqlException
{
    internal CqlUnknownOutcomeException(CqlException cause)
        : base($"It is not known whether the conditional statement was applied: {cause.Message}", cause) =>
        Node = cause.Node;

    /// <inheritdoc/>
    public override bool IsOutcomeUnknown => true;
}
