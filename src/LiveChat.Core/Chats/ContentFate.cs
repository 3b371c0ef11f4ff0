namespace LiveChat.Core.Chats;

/// <summary>
/// What became of the content of an event by the time at which it is handed over: that of a message, or of the message
/// that an edit replaces. A push shows what a page shows at the same head.
/// </summary>
internal enum ContentFate
{
    /// <summary>It is there; also for events without content.</summary>
    Shown,

    /// <summary>A deletion came before: nobody is shown it any more.</summary>
    Erased,

    /// <summary>The store, which would know, is away. Members are told the head, and read the event once it is back.
    /// </summary>
    Unknown,
}
