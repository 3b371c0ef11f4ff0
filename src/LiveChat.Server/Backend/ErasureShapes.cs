namespace LiveChat.Server.Backend;

/// <summary>The erasure of a user: how far it is, and from when on nothing is left where.</summary>
internal sealed record ErasureInfo
{
    public required string User { get; init; }

    /// <summary><c>running</c> or <c>finished</c>.</summary>
    public required string State { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>From then on no store shows anything of the user; absent while it runs.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>From then on the log holds nothing of the user; absent while it runs.</summary>
    public DateTimeOffset? LogGoneAt { get; init; }

    /// <summary>Chats that are done.</summary>
    public required long Chats { get; init; }

    /// <summary>Messages whose content was erased, as far as they were counted.</summary>
    public required long Messages { get; init; }

    /// <summary>Reactions that were taken back, as far as they were counted.</summary>
    public required long Reactions { get; init; }
}
