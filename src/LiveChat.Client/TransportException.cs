namespace LiveChat.Client;

/// <summary>A transport could not be opened, or broke: whatever it is made of, this is all that it throws. The message
/// says why; the inner exception is the cause.</summary>
internal sealed class TransportException(string reason, Exception? cause) : Exception(reason, cause)
{
    /// <summary>The HTTP status with which the server answered; null when it did not.</summary>
    public int? Status { get; init; }

    /// <summary>The server's <c>Retry-After</c>.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether something on the way may let other transports through, but not this one.</summary>
    public bool IsBlocked { get; init; }

    /// <summary>Whether an answer with this status is of something on the way, or of a server that serves another
    /// transport: one that is there but lets nobody in now says so otherwise.</summary>
    public static bool IsOnTheWay(int status) => status is < 500 and not (408 or 425 or 429);
}
