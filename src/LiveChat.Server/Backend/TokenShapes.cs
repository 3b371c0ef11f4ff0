namespace LiveChat.Server.Backend;

/// <summary>For whom a token is to be made.</summary>
internal sealed record TokenDraft
{
    public required string User { get; init; }

    /// <summary>The one device that it is for; absent: all of the user's.</summary>
    public string? Device { get; init; }

    /// <summary>How long it is good, 60 to 86,400; absent: 3,600.</summary>
    public int? Seconds { get; init; }
}

/// <summary>A token, for the user's client to connect with.</summary>
internal sealed record TokenGrant
{
    public required string Token { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}
