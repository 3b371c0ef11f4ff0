using System.Text.Json;
using System.Text.Json.Serialization;

namespace LiveChat.Protocol.Frames;

/// <summary>
/// A frame from the server. On the wire: <c>{"type", "re"?, "data"}</c>; <see cref="Re"/> is the number of the
/// command that it answers.
/// </summary>
public abstract record ServerFrame
{
    /// <summary>The <c>id</c> of the command that this answers; absent on what the server says by itself.</summary>
    [JsonIgnore]
    public uint? Re { get; init; }
}

/// <summary><c>ready</c>: the answer to <c>connect</c>.</summary>
public sealed record Ready : ServerFrame
{
    /// <summary>The session's id.</summary>
    public required string Session { get; init; }

    /// <summary>The user's id.</summary>
    public required string User { get; init; }

    /// <summary><c>recovered</c>, <c>partial</c> (see <see cref="Behind"/>) or <c>fresh</c> (do a full sync).</summary>
    public required string Resume { get; init; }

    /// <summary>The chats that changed since, with <c>partial</c>.</summary>
    public IReadOnlyList<BehindChat>? Behind { get; init; }

    /// <summary>The server's heartbeat, in milliseconds.</summary>
    public required int PingMs { get; init; }

    /// <summary>What the server takes.</summary>
    public required ReadyLimits Limits { get; init; }

    /// <summary>The server's clock, for the correction of the client's.</summary>
    public required DateTimeOffset ServerTime { get; init; }

    /// <summary>The position to resume from, opaque.</summary>
    public required string Since { get; init; }

    /// <summary>The lineage of the store: another one means that cached events are void.</summary>
    public required string Epoch { get; init; }
}

/// <summary>A chat that moved on while the client was away.</summary>
/// <param name="Chat">The chat's id.</param>
/// <param name="HeadSeq">Its head for this user.</param>
public sealed record BehindChat(string Chat, long HeadSeq);

/// <summary>What the server takes, announced in <c>ready</c>.</summary>
public sealed record ReadyLimits
{
    /// <summary>The longest WebSocket message, in bytes.</summary>
    public required int FrameBytes { get; init; }

    /// <summary>Most commands without an answer.</summary>
    public required int Inflight { get; init; }

    /// <summary>Commands per second and user that change chats, long term.</summary>
    public required int SendPerSecond { get; init; }

    /// <summary>The longest encoded message body, in bytes.</summary>
    public required int BodyBytes { get; init; }

    /// <summary>Most members of a chat.</summary>
    public required int Members { get; init; }
}

/// <summary><c>ack</c>: the command is durable and sequenced.</summary>
public sealed record Ack : ServerFrame
{
    /// <summary>The chat's id.</summary>
    public required string Chat { get; init; }

    /// <summary>The event's id; absent where the command made no event: <c>mark</c>, and a reaction that changes
    /// nothing.</summary>
    public string? Id { get; init; }

    /// <summary>The event's seq; for <c>mark</c> the highest seq that was marked, without an event the last one's.
    /// </summary>
    public required long Seq { get; init; }

    /// <summary>The command had its effect before; id and seq are those of then.</summary>
    public bool Duplicate { get; init; }
}

/// <summary><c>accepted</c>: the command is durable, but its place takes longer than 1 s. Wait, do not retry.</summary>
public sealed record Accepted : ServerFrame;

/// <summary><c>error</c>: the command had no effect, or (<c>timeout</c>) its effect is unknown.</summary>
public sealed record ErrorFrame : ServerFrame
{
    /// <summary>What is wrong.</summary>
    public required Problem Problem { get; init; }
}

/// <summary><c>auth</c>: the session goes by the new token.</summary>
public sealed record AuthDone : ServerFrame
{
    /// <summary>Until when.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>
/// <c>token.expiring</c>: the session's token expires in about a minute; answered by <c>auth</c> with a new one. It is
/// said again until then.
/// </summary>
public sealed record TokenExpiring : ServerFrame
{
    /// <summary>When the session is closed unless there is another token.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary><c>ping</c>: every 30 s; answered by <c>pong</c>.</summary>
public sealed record Ping : ServerFrame
{
    /// <summary>The position to resume from, adopted once everything before this frame is stored.</summary>
    public string? Since { get; init; }
}

/// <summary><c>goodbye</c>: the reason, before the close.</summary>
public sealed record Goodbye : ServerFrame
{
    /// <summary>The close code that follows.</summary>
    public required int Code { get; init; }

    /// <summary>The code's name in snake_case.</summary>
    public required string Reason { get; init; }

    /// <summary>Whether the client is to reconnect.</summary>
    public required bool Reconnect { get; init; }

    /// <summary>How long it waits before, in milliseconds.</summary>
    public int? AfterMs { get; init; }
}

/// <summary><c>chat.head</c>: the chat has events up to here; whoever holds less pulls them.</summary>
public sealed record ChatHeadFrame : ServerFrame
{
    /// <summary>The chat's id.</summary>
    public required string Chat { get; init; }

    /// <summary>The last event's seq.</summary>
    public required long Seq { get; init; }

    /// <summary>The number of messages up to there.</summary>
    public required long N { get; init; }
}

/// <summary><c>receipts</c>: markers of members that rose, also those of the user's own devices.</summary>
public sealed record Receipts : ServerFrame
{
    /// <summary>The chat's id.</summary>
    public required string Chat { get; init; }

    /// <summary>The markers that rose.</summary>
    public required IReadOnlyList<Receipt> Items { get; init; }
}

/// <summary>How far a member is.</summary>
public sealed record Receipt
{
    /// <summary>The member.</summary>
    public required string User { get; init; }

    /// <summary>Delivered up to this seq; only in direct chats.</summary>
    public long? Delivered { get; init; }

    /// <summary>Read up to this seq.</summary>
    public long? Read { get; init; }

    /// <summary>The number of messages up to <see cref="Read"/>: unread is the head's n less this. Not on pages.
    /// </summary>
    public long? ReadN { get; init; }
}

/// <summary><c>typing</c>: who types in a chat now; replaces the former list.</summary>
public sealed record TypingUpdate : ServerFrame
{
    /// <summary>The chat's id.</summary>
    public required string Chat { get; init; }

    /// <summary>Everybody who types now, without the receiver.</summary>
    public required IReadOnlyList<string> Users { get; init; }
}

/// <summary><c>presence</c>: the answer to <c>presence.get</c> and <c>presence.watch</c>.</summary>
public sealed record PresenceList : ServerFrame
{
    /// <summary>The chat's id.</summary>
    public required string Chat { get; init; }

    /// <summary>Those who were asked for and are members.</summary>
    public required IReadOnlyList<PresenceItem> Items { get; init; }
}

/// <summary>Whether a user is online.</summary>
/// <param name="User">The user.</param>
/// <param name="Online">Whether a device gave a sign within the last 60 s.</param>
/// <param name="LastSeen">When the last one did; absent when online, hidden or not known.</param>
public sealed record PresenceItem(string User, bool Online, DateTimeOffset? LastSeen = null);

/// <summary><c>presence.changed</c>: somebody who is watched came or went.</summary>
public sealed record PresenceChanged : ServerFrame
{
    /// <summary>The chat through which the user is watched.</summary>
    public required string Chat { get; init; }

    /// <summary>The user.</summary>
    public required string User { get; init; }

    /// <summary>Whether the user is online now.</summary>
    public required bool Online { get; init; }

    /// <summary>When the user was last seen; absent when online, hidden or not known.</summary>
    public DateTimeOffset? LastSeen { get; init; }
}

/// <summary><c>presence.set</c>: the answer to it.</summary>
public sealed record PresenceSetting : ServerFrame
{
    /// <summary>Whether the user's presence is shown.</summary>
    public required bool Visible { get; init; }
}

/// <summary><c>chat.mine</c>: what the user has set for a chat; the answer, and told to all devices of the user.
/// </summary>
public sealed record Mine : ServerFrame
{
    /// <summary>The chat's id.</summary>
    public required string Chat { get; init; }

    /// <summary>Muted until then; absent when not muted.</summary>
    public DateTimeOffset? MutedUntil { get; init; }

    /// <summary>Whether the chat is kept on top.</summary>
    public required bool Pinned { get; init; }

    /// <summary>True while the user keeps the chat off the list; else absent.</summary>
    public bool? Hidden { get; init; }
}

/// <summary><c>page</c>: the answer to <c>history</c>.</summary>
public sealed record Page : ServerFrame
{
    /// <summary>The chat's id.</summary>
    public required string Chat { get; init; }

    /// <summary>The items in seq order.</summary>
    public required IReadOnlyList<ChatEvent> Items { get; init; }

    /// <summary>The head that the page was read at: nothing will ever appear later at or below it.</summary>
    public required long HeadSeq { get; init; }

    /// <summary>The number of messages up to the head.</summary>
    public required long HeadN { get; init; }

    /// <summary>The reader's stays that the page touches.</summary>
    public required IReadOnlyList<Stay> Stays { get; init; }

    /// <summary>How far the members are.</summary>
    public IReadOnlyList<Receipt>? Markers { get; init; }

    /// <summary>Where the next page in the same direction begins; absent at the end, and around a seq.</summary>
    public long? Next { get; init; }

    /// <summary>Around a seq: the <c>before_seq</c> of the page below this one; absent at the end.</summary>
    public long? NextBefore { get; init; }

    /// <summary>Around a seq: the <c>after_seq</c> of the page above this one; absent at the end.</summary>
    public long? NextAfter { get; init; }

    /// <summary>The lineage of the store.</summary>
    public required string Epoch { get; init; }
}

/// <summary>A range of seqs in which the user is a member.</summary>
/// <param name="From">The first seq that the user sees.</param>
/// <param name="To">The last one; absent while the user is a member.</param>
public sealed record Stay(long From, long? To = null);

/// <summary><c>chats</c>: the answer to <c>chats</c>.</summary>
public sealed record Chats : ServerFrame
{
    /// <summary>The chats, latest first.</summary>
    public required IReadOnlyList<ChatSummary> Items { get; init; }

    /// <summary>Where the next page begins; absent at the end.</summary>
    public string? Next { get; init; }
}

/// <summary><c>sync</c>: the answer to <c>sync</c>.</summary>
public sealed record Sync : ServerFrame
{
    /// <summary>The chats.</summary>
    public required IReadOnlyList<ChatSummary> Items { get; init; }

    /// <summary>Where the next page begins; absent at the end.</summary>
    public string? Next { get; init; }

    /// <summary>The position to resume from; on the last page only.</summary>
    public string? Since { get; init; }

    /// <summary>The lineage of the store.</summary>
    public required string Epoch { get; init; }
}

/// <summary>A chat as its member sees it in a list.</summary>
public sealed record ChatSummary
{
    /// <summary>The chat's id.</summary>
    public required string Chat { get; init; }

    /// <summary>One of <see cref="ChatKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>The group's title.</summary>
    public string? Title { get; init; }

    /// <summary>The application's own data of the chat.</summary>
    public JsonElement? Custom { get; init; }

    /// <summary>The other member of a direct chat.</summary>
    public string? With { get; init; }

    /// <summary>How many members it has.</summary>
    public required int Members { get; init; }

    /// <summary>The last event's seq that this user may see.</summary>
    public required long HeadSeq { get; init; }

    /// <summary>The number of messages up to there.</summary>
    public required long HeadN { get; init; }

    /// <summary>When the last event was.</summary>
    public required DateTimeOffset HeadTime { get; init; }

    /// <summary>The user's read marker.</summary>
    public required long ReadSeq { get; init; }

    /// <summary>Messages that the user has not read: <c>head_n − read_n</c>; 0 in a chat that the user is out of.
    /// </summary>
    public required long Unread { get; init; }

    /// <summary>Until when the user has muted the chat; absent when it is not muted.</summary>
    public DateTimeOffset? MutedUntil { get; init; }

    /// <summary>Whether the user keeps the chat on top.</summary>
    public bool Pinned { get; init; }

    /// <summary>Whether the user keeps the chat off the list: true in a <see cref="Sync"/> only, else absent.</summary>
    public bool? Hidden { get; init; }

    /// <summary>The member of a direct chat whose first message is awaited; absent once it is answered.</summary>
    public string? Awaits { get; init; }

    /// <summary>The user's present or last stay.</summary>
    public required Stay Stay { get; init; }
}
