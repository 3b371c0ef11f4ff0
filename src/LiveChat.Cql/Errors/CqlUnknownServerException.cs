namespace LiveChat.Cql.Errors;

/// <summary>An error whose number this client does not know. Nothing is assumed about it.</summary>
public sealed class CqlUnknownServerException : CqlServerException
{
    internal CqlUnknownServerException(int code, string message)
        : base(code, message)
    {
    }

    /// <inheritdoc/>
    public override bool IsOutcomeUnknown => true;
}
