namespace LiveChat.Loads;

/// <summary>Why a load ended before its time.</summary>
internal enum LoadFailure
{
    /// <summary>The server refused a command or a session.</summary>
    Refused,

    /// <summary>The server refused a message by its rate limits.</summary>
    TooFast,

    /// <summary>The server closed a session.</summary>
    Closed,
}
