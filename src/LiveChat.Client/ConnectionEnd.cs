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

    /// <summary>How long the connection was in use; zero when it never came to that.</summary>
    public TimeSpan Lasted { get; init; }

    /// <summary>Another attempt cannot help: no token to be had, or the client cannot go on.</summary>
    public bool IsFinal { get; init; }
}
