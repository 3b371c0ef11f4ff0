using System.Text.Json;

namespace LiveChat.Server.Backend;

/// <summary>What the application says of a user. In a replacement what is absent is removed, in a patch it stays;
/// neither lets a user in again who is disabled, unless it says so.</summary>
internal sealed record UserDraft
{
    /// <summary>What people are called for others to see: at most 256 bytes.</summary>
    public string? Name { get; init; }

    /// <summary>The application's own object, at most 4,096 bytes; replaced as a whole.</summary>
    public JsonElement? Custom { get; init; }

    /// <summary>What <c>custom</c> becomes in a patch: a merge patch of the object.</summary>
    public JsonElement? CustomPatch { get; init; }

    /// <summary>Whether the user is refused everywhere.</summary>
    public bool? Disabled { get; init; }
}

/// <summary>A user as the application's backend sees one.</summary>
internal sealed record UserInfo
{
    public required string User { get; init; }

    public string? Name { get; init; }

    public JsonElement? Custom { get; init; }

    public required bool Disabled { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Who is looked for: at most 256 users.</summary>
internal sealed record UserQuery
{
    public required IReadOnlyList<string> Users { get; init; }
}

/// <summary>Those who are known, in the order of the question.</summary>
internal sealed record UserList
{
    public required IReadOnlyList<UserInfo> Items { get; init; }
}

/// <summary>A device that a user has connected with, or that was revoked.</summary>
internal sealed record DeviceInfo
{
    public required string Device { get; init; }

    /// <summary>When it last connected; absent when it never did.</summary>
    public DateTimeOffset? ConnectedAt { get; init; }

    /// <summary>Tokens for it that were issued before are void; absent when none were revoked.</summary>
    public DateTimeOffset? RevokedBefore { get; init; }
}

/// <summary>A user's devices, in the order of their names.</summary>
internal sealed record DeviceList
{
    public required IReadOnlyList<DeviceInfo> Items { get; init; }
}

/// <summary>A device that is connected now.</summary>
internal sealed record SessionInfo
{
    public required string Session { get; init; }

    public required string Device { get; init; }
}

/// <summary>A user's sessions, the oldest first.</summary>
internal sealed record SessionList
{
    public required IReadOnlyList<SessionInfo> Items { get; init; }
}
