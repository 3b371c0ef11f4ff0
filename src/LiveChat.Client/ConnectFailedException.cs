namespace LiveChat.Client;

/// <summary>No WebSocket could be opened. The message says why; the inner exception is the cause.</summary>
internal sealed class ConnectFailedException(string reason, Exception? cause) : Exception(reason, cause)
{
    /// <summary>The HTTP status with which the upgrade was answered; null when there was no answer.</summary>
    public int? Status { get; init; }

    /// <summary>The server's <c>Retry-After</c>.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
