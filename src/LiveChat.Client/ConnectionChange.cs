namespace LiveChat.Client;

/// <summary>A change of <see cref="ClientState"/> and what is known about it.</summary>
/// <param name="State">The new state.</param>
public sealed record ConnectionChange(ClientState State)
{
    /// <summary>Connected: <c>recovered</c>, <c>partial</c> or <c>fresh</c>.</summary>
    public string? Resume { get; init; }

    /// <summary>
    /// Connected: the server's store is another one than before. Whatever the application keeps of chats is void.
    /// </summary>
    public bool IsNewStore { get; init; }

    /// <summary>Reconnecting: which try it is, from 1.</summary>
    public int Attempt { get; init; }

    /// <summary>Reconnecting: the pause before the try.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Reconnecting, stopped: the close code, where there was one.</summary>
    public int? Code { get; init; }

    /// <summary>Reconnecting, stopped: why, in a few words.</summary>
    public string? Reason { get; init; }

    /// <summary>Reconnecting, stopped: the HTTP status with which the server refused the connection, where there was
    /// one.</summary>
    public int? Status { get; init; }

    /// <summary>Reconnecting, stopped: what was thrown, where something was.</summary>
    public Exception? Cause { get; init; }
}
