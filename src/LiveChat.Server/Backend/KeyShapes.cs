namespace LiveChat.Server.Backend;

/// <summary>What a key is made from.</summary>
internal sealed record KeyDraft
{
    /// <summary>What people call it: 1 to 64 characters of <c>[A-Za-z0-9._-]</c>.</summary>
    public required string Name { get; init; }
}

/// <summary>A server key.</summary>
internal sealed record KeyInfo
{
    /// <summary>The beginning of the key, <c>lcs_</c> and 16 digits: also how the log names it.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>To a minute; absent when it never was.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    public required bool Revoked { get; init; }

    /// <summary>The whole key: in the answer to its making, and never again.</summary>
    public string? Key { get; init; }
}

/// <summary>All keys, in the order of their ids.</summary>
internal sealed record KeyList
{
    public required IReadOnlyList<KeyInfo> Items { get; init; }
}
