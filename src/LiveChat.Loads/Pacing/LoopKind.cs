namespace LiveChat.Loads.Pacing;

/// <summary>Who sets the pace of a load.</summary>
internal enum LoopKind
{
    /// <summary>The server: the next message goes when one before it has arrived.</summary>
    Closed,

    /// <summary>The clock: messages are due at a rate, whatever the server does.</summary>
    Open,
}
