using System.Net;

namespace LiveChat.Cql.Errors;

/// <summary>
/// The root of a closed set: everything that this client throws for a reason other than a wrong argument, a cancelled
/// token or a disposed object. The two questions a caller has are answered here, not by looking at the type.
/// </summary>
public abstract class CqlException : Exception
{
    private protected CqlException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>
    /// The same statement can succeed when it is repeated, perhaps on another node. Says nothing about whether it may
    /// be: a statement that is not idempotent must not be repeated while <see cref="IsOutcomeUnknown"/>.
    /// </summary>
    public virtual bool IsRetryable => false;

    /// <summary>A write may have been applied, may be applied later, or may never be.</summary>
    public virtual bool IsOutcomeUnknown => false;

    /// <summary>The node that answered, or that was asked; null when no node was.</summary>
    public EndPoint? Node { get; internal set; }
}
