namespace LiveChat.Client;

/// <summary>How a connection, or the try to have one, ended.</summary>
/// <param name="Code">The close code; null when there was no close.</param>
/// <param name="Reason">Why, in a few words.</param>
internal sealed record ConnectionEnd(int? Code, string Reason)
{
    /// <summary>How long the server wants the client to wait.</summary>
    public TimeSpan? After { get; init; }

    /// <summary>What <c>goodbye</c> said; decides for codes that this version does not know.</summary>
    public bool? Reconnect { get; init; }

    /// <summary>How long the connection was in use; zero when it never came to that.</summary>
    public TimeSpan Lasted { get; init; }

    /// <summary>There is no token to be had.</summary>
    public bool IsUnauthorized { get; init; }
}
