namespace LiveChat.Client;

/// <summary>Where the client stands with its connection.</summary>
public enum ClientState
{
    /// <summary>Not connected and not trying to be.</summary>
    Idle = 0,

    /// <summary>The first connection is on its way.</summary>
    Connecting = 1,

    /// <summary>The server has answered <c>ready</c>.</summary>
    Connected = 2,

    /// <summary>The connection was lost; the client waits or tries again.</summary>
    Reconnecting = 3,

    /// <summary>The server does not want the client back. Only a new client connects again.</summary>
    Stopped = 4,
}
