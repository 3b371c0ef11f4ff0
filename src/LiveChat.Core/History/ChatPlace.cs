namespace LiveChat.Core.History;

/// <summary>Where a chat stands in a user's list: later times first, of equal times the higher id.</summary>
/// <param name="TimeMs">Unix milliseconds.</param>
/// <param name="Chat">The chat's id.</param>
internal readonly record struct ChatPlace(long TimeMs, ulong Chat)
{
    /// <summary>How exact the place of a pull chat is: its members' places move once a minute at most.</summary>
    public const long PullStepMs = 60_000;

    /// <summary>Before the latest chat.</summary>
    public static readonly ChatPlace Start = new(long.MaxValue, ulong.MaxValue);

    /// <summary>The time by which a member's list has a chat whose head has this time.</summary>
    public static long TimeOf(bool pull, long headTimeMs) => pull ? headTimeMs - (headTimeMs % PullStepMs) : headTimeMs;

    /// <summary>Whether this place comes behind the other in a list.</summary>
    public bool IsBehind(ChatPlace other) => (TimeMs, Chat).CompareTo((other.TimeMs, other.Chat)) < 0;
}

/// <summary>A user's chat at its place.</summary>
internal readonly record struct PlacedChat(ChatPlace Place, UserChat Row);

/// <summary>What the places of a list go by.</summary>
internal enum ChatOrder
{
    /// <summary>The chat's head, see <see cref="ChatPlace.TimeOf"/>; of a chat that was left, the last head seen.
    /// </summary>
    Heads,

    /// <summary>The user's own read mark; chats that were never marked are not in the list.</summary>
    Marks,
}
