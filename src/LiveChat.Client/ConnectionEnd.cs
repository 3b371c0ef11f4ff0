using LiveChat.Protocol;

namespace LiveChat.Client;

/// <summary>How a connection, or the attempt to open one, ended.</summary>
/// <param name="Code">The close code; null when there was no close.</param>
/// <param name="Reason">Why: a clause without a full stop.</param>
internal sealed record ConnectionEnd(int? Code, string Reason)
{
    /// <summary>The HTTP status with which the upgrade was answered; null when there was no answer.</summary>
    public int? Status { get; init; }

    /// <summary>The exception behind the reason, where there was one.</summary>
    public Exception? Cause { get; init; }

    /// <summary>How long the server wants the client to wait.</summary>
    public TimeSpan? After { get; init; }

    /// <summary>What <c>goodbye</c> said; decides for codes that this version does not know.</summary>
    public bool? Reconnect { get; init; }

    /// <summary>What the client does then, as the table has it.</summary>
    public AfterClose Then => CloseRule.After(Code, Reconnect);

    /// <summary>The end of what a transport failed at.</summary>
    /// <param name="code">The close code, where there is one.</param>
    /// <param name="failed">What the transport threw.</param>
    public static ConnectionEnd Of(int? code, TransportException failed) => new(code, failed.Message)
    {
        Status = failed.Status,
        After = failed.RetryAfter,
        IsBlocked = failed.IsBlocked,
        Cause = failed.InnerException,
    };

    /// <summary>How long the connection was in use; zero when it never came to that.</summary>
    public TimeSpan Lasted { get; init; }

    /// <summary>Whether something on the way may let other transports through, but not this one.</summary>
    public bool IsBlocked { get; init; }

    /// <summary>Whether it was given up since no answer came in time.</summary>
    public bool IsLate { get; init; }

    /// <summary>Another attempt cannot help: no token to be had, or the client cannot go on.</summary>
    public bool IsFinal { get; init; }
}
