namespace LiveChat.Cql.Errors;

/// <summary>
/// The coordinator is still joining the cluster and refused the request. Error 0x1002 (v5, section 9).
/// </summary>
public sealed class CqlIsBootstrappingException : CqlServerException
{
    internal CqlIsBootstrappingException(string message)
        : base(0x1002, message)
    {
    }

    /// <inheritdoc/>
    public override bool IsRetryable => true;
}
