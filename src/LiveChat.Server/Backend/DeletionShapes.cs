namespace LiveChat.Server.Backend;

/// <summary>The deletion of a chat: how far it is, and from when on nothing is left where.</summary>
internal sealed record DeletionInfo
{
    public required string Chat { get; init; }

    /// <summary><c>running</c> or <c>finished</c>.</summary>
    public required string State { get; init; }

    /// <summary>From then on nobody reads the chat, or writes into it.</summary>
    public required DateTimeOffset DeletedAt { get; init; }

    /// <summary>From then on the store holds nothing that was said in the chat; absent while it runs.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>From then on the log holds nothing of the chat; absent while it runs.</summary>
    public DateTimeOffset? LogGoneAt { get; init; }
}
