namespace LiveChat.Client;

/// <summary>The client has no connection and will not get one.</summary>
/// <param name="code">The close code, where there was one.</param>
/// <param name="reason">Why, in a few words.</param>
public sealed class LiveChatStoppedException(int? code, string reason) : Exception(reason)
{
    /// <summary>The close code, where there was one.</summary>
    public int? Code { get; } = code;
}
