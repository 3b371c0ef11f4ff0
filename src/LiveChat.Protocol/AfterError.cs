namespace LiveChat.Protocol;

/// <summary>What a client does after an error.</summary>
public enum AfterError
{
    /// <summary>It gives the command up, and tells the application.</summary>
    GiveUp,

    /// <summary>It sends the same command under the same <c>client_id</c>, after <c>retry_after_ms</c> or a back-off.
    /// </summary>
    Repeat,

    /// <summary>It asks for another token.</summary>
    NewToken,

    /// <summary>It opens another session, and resumes.</summary>
    Reconnect,
}
