namespace LiveChat.Protocol;

/// <summary>What a client does once its connection was closed.</summary>
public enum AfterClose
{
    /// <summary>It connects again after the server's <c>after_ms</c>, else with back-off, and resumes.</summary>
    Reconnect,

    /// <summary>It connects again at once, and resumes. When that happens again before a connection lasted 30 s, the
    /// back-off applies.</summary>
    ReconnectAtOnce,

    /// <summary>As <see cref="ReconnectAtOnce"/>, without the position to resume from.</summary>
    StartOver,

    /// <summary>It asks for another token and connects at once, one time; then it stops.</summary>
    TryNewToken,

    /// <summary>It stops.</summary>
    Stop,

    /// <summary>It stops, and wipes what it stored.</summary>
    StopAndWipe,
}
