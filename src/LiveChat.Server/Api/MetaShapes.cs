namespace LiveChat.Server.Api;

/// <summary>Which server this is and what it takes.</summary>
internal sealed record MetaInfo
{
    public required string Version { get; init; }

    /// <summary>The subprotocols of its sockets.</summary>
    public required IReadOnlyList<string> Protocols { get; init; }

    public required MetaLimits Limits { get; init; }

    public required MetaFeatures Features { get; init; }
}

/// <summary>What it takes: as <c>ready</c> says it on a socket.</summary>
internal sealed record MetaLimits
{
    public required int FrameBytes { get; init; }

    public required int BodyBytes { get; init; }

    public required int Members { get; init; }

    public required int Inflight { get; init; }

    public required int SendPerSecond { get; init; }

    public required int PageItems { get; init; }
}

/// <summary>What differs from server to server.</summary>
internal sealed record MetaFeatures
{
    /// <summary>Whether users start chats, not the application alone.</summary>
    public required bool AnyoneStartsChats { get; init; }

    /// <summary>Whether tokens are made here.</summary>
    public required bool IssuesTokens { get; init; }

    public required bool Development { get; init; }
}
