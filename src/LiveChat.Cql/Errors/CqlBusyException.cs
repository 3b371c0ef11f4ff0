namespace LiveChat.Cql.Errors;

/// <summary>So many requests wait for a free stream already that this one was refused. It was not sent.</summary>
public sealed class CqlBusyException : CqlException
{
    internal CqlBusyException(int waiting)
        : base($"{waiting} requests wait for a free stream already.")
    {
    }

    /// <inheritdoc/>
    public override bool IsRetryable => true;
}
