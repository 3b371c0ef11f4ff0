namespace LiveChat.Core.Presence;

/// <summary>The bounds of presence.</summary>
internal static class PresenceLimits
{
    /// <summary>How long one sign of life keeps a user online.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    /// <summary>Users of one query, and of one watch.</summary>
    public const int UsersMax = Protocol.Limits.PresenceUsersMax;

    /// <summary>Chats that one session watches.</summary>
    public const int WatchesMax = 16;

    /// <summary>Users that all watches of the node name together.</summary>
    public const int NodeWatchedMax = 2_000_000;
}
