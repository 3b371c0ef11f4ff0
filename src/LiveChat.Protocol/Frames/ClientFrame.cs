using System.Text.Json;
using System.Text.Json.Serialization;

namespace LiveChat.Protocol.Frames;

/// <summary>
/// A frame from a client. On the wire: <c>{"type", "id"?, "data"}</c>; <see cref="Id"/> (1 … 2³²−1) asks for an
/// answer that carries it as <c>re</c>. Field names are snake_case; unknown fields and types are ignored.
/// </summary>
public abstract record ClientFrame
{
    /// <summary>The number of the command, chosen by the client; absent where no answer is wanted.</summary>
    [JsonIgnore]
    public uint? Id { get; init; }
}

/// <summary><c>connect</c>: the first frame, within 10 s. Answered by <c>ready</c>.</summary>
public sealed record Connect : ClientFrame
{
    /// <summary>The user's token; never in the URL.</summary>
    public required string Token { get; init; }

    /// <summary>The application's name of the device, 1 to 64 characters of <c>[A-Za-z0-9._-]</c>.</summary>
    public string? Device { get; init; }

    /// <summary>The position to resume from: the last <c>since</c> that the client has adopted.</summary>
    public string? Since { get; init; }
}

/// <summary>
/// <c>auth</c>: another token of the same user takes the place of the one that the session goes by. Answered by
/// <c>auth</c>.
/// </summary>
public sealed record Auth : ClientFrame
{
    /// <summary>The new token.</summary>
    public required string Token { get; init; }
}

/// <summary><c>pong</c>: the answer to <c>ping</c>.</summary>
public sealed record Pong : ClientFrame;

/// <summary>A command that changes a chat: carries the key under which it has its effect once.</summary>
public abstract record ChangeCommand : ClientFrame
{
    /// <summary>The chat's id; absent only in <c>chat.create</c>.</summary>
    [JsonPropertyOrder(-2)]
    public string? Chat { get; init; }

    /// <summary>UUIDv7 made at the first transmission, kept across retries.</summary>
    [JsonPropertyOrder(-1)]
    public required string ClientId { get; init; }
}

/// <summary><c>chat.create</c>: a direct chat (<see cref="Direct"/>) or a group. Answered by <c>ack</c>.</summary>
public sealed record ChatCreate : ChangeCommand
{
    /// <summary>The other user of a direct chat; excludes the other fields.</summary>
    public string? Direct { get; init; }

    /// <summary>The other members of a group; the creator becomes its owner.</summary>
    public IReadOnlyList<string>? Members { get; init; }

    /// <summary>The group's title.</summary>
    public string? Title { get; init; }

    /// <summary>A JSON object of the application's own for the group, at most <see cref="Limits.CustomBytesMax"/>
    /// bytes.</summary>
    public JsonElement? Custom { get; init; }
}

/// <summary><c>chat.update</c>: changes a group's settings.</summary>
public sealed record ChatUpdate : ChangeCommand
{
    /// <summary>The new title; absent leaves it, empty removes it.</summary>
    public string? Title { get; init; }

    /// <summary>The new object in place of the whole former one; absent leaves it, <c>{}</c> removes it.</summary>
    public JsonElement? Custom { get; init; }

    /// <summary>Or a merge patch of it (RFC 7396): null removes a field, objects are merged, anything else takes the
    /// place of what was there. Excludes <see cref="Custom"/>.</summary>
    public JsonElement? CustomPatch { get; init; }

    /// <summary>The seq of the settings that the client saw; another one is a <c>precondition_failed</c>.</summary>
    public long? IfSeq { get; init; }
}

/// <summary><c>member.add</c>: users become members. Those who are already stay as they are.</summary>
public sealed record MemberAdd : ChangeCommand
{
    /// <summary>Who is added.</summary>
    public required IReadOnlyList<string> Users { get; init; }
}

/// <summary><c>member.remove</c>: a user is removed, or leaves when it is the sender.</summary>
public sealed record MemberRemove : ChangeCommand
{
    /// <summary>Who goes.</summary>
    public required string User { get; init; }
}

/// <summary><c>member.role</c>: a member gets another role.</summary>
public sealed record MemberRole : ChangeCommand
{
    /// <summary>Whose role.</summary>
    public required string User { get; init; }

    /// <summary>One of <see cref="MemberRoles"/>.</summary>
    public required string Role { get; init; }
}

/// <summary><c>message.send</c>.</summary>
public sealed record MessageSend : ChangeCommand
{
    /// <summary>What is said.</summary>
    public required MessageBody Body { get; init; }
}

/// <summary><c>message.edit</c>: replaces the body of an own message.</summary>
public sealed record MessageEdit : ChangeCommand
{
    /// <summary>The seq of the message.</summary>
    public required long Target { get; init; }

    /// <summary>The new body.</summary>
    public required MessageBody Body { get; init; }
}

/// <summary><c>message.delete</c>: removes the content of a message, for all and for good.</summary>
public sealed record MessageDelete : ChangeCommand
{
    /// <summary>The seq of the message.</summary>
    public required long Target { get; init; }
}

/// <summary><c>reaction.set</c>: sets or clears the sender's reaction on a message.</summary>
public sealed record ReactionSet : ChangeCommand
{
    /// <summary>The seq of the message.</summary>
    public required long Target { get; init; }

    /// <summary>The emoji.</summary>
    public required string Emoji { get; init; }

    /// <summary>True sets it, false clears it.</summary>
    public required bool On { get; init; }
}

/// <summary><c>mark</c>: raises the user's markers "up to seq". Markers only ever rise.</summary>
public sealed record Mark : ClientFrame
{
    /// <summary>The chat's id.</summary>
    public required string Chat { get; init; }

    /// <summary>Everything up to this seq reached a device.</summary>
    public long? Delivered { get; init; }

    /// <summary>Everything up to this seq was read.</summary>
    public long? Read { get; init; }
}

/// <summary><c>typing</c>: fire and forget; shown to others for 6 s unless it comes again.</summary>
public sealed record Typing : ClientFrame
{
    /// <summary>The chat's id.</summary>
    public required string Chat { get; init; }

    /// <summary>False says that the user stopped.</summary>
    public required bool On { get; init; }
}

/// <summary><c>history</c>: a page of events. At most one of the three positions. Answered by <c>page</c>.</summary>
public sealed record HistoryGet : ClientFrame
{
    /// <summary>The chat's id.</summary>
    public required string Chat { get; init; }

    /// <summary>Events below this seq, the highest of them.</summary>
    public long? BeforeSeq { get; init; }

    /// <summary>Events above this seq, the lowest of them.</summary>
    public long? AfterSeq { get; init; }

    /// <summary>Events around this seq.</summary>
    public long? AroundSeq { get; init; }

    /// <summary>Most items, 1 to 100; absent means 50.</summary>
    public int? Limit { get; init; }

    /// <summary>Wait (up to 1 s) until history has this seq, else <c>unavailable</c>.</summary>
    public long? MinSeq { get; init; }

    /// <summary>One of <see cref="HistoryViews"/>; absent means messages.</summary>
    public string? View { get; init; }
}

/// <summary><c>chats</c>: the user's chats with their heads, latest first. Answered by <c>chats</c>.</summary>
public sealed record ChatsGet : ClientFrame
{
    /// <summary>Where the former page ended.</summary>
    public string? Cursor { get; init; }

    /// <summary>Most items, 1 to 100; absent means 50.</summary>
    public int? Limit { get; init; }
}

/// <summary>
/// <c>sync</c>: every chat of the user and its head, in pages; the last page names the <c>since</c> to adopt.
/// Answered by <c>sync</c>.
/// </summary>
public sealed record SyncGet : ClientFrame
{
    /// <summary>Where the former page ended.</summary>
    public string? Cursor { get; init; }
}

/// <summary><c>chat.get</c>: one chat with its settings and members. Answered by <c>chat</c>.</summary>
public sealed record ChatGet : ClientFrame
{
    /// <summary>The chat's id.</summary>
    public required string Chat { get; init; }
}

/// <summary>
/// <c>chat.mine</c>: what the user sets for a chat, for the own devices alone; what is absent stays, with nothing it
/// asks. Answered by <c>chat.mine</c>.
/// </summary>
public sealed record MineSet : ClientFrame
{
    /// <summary>The chat's id.</summary>
    public required string Chat { get; init; }

    /// <summary>Muted until then; a time that is past unmutes.</summary>
    public DateTimeOffset? MutedUntil { get; init; }

    /// <summary>Whether the chat is kept on top; of at most <see cref="Limits.PinsMax"/>.</summary>
    public bool? Pinned { get; init; }

    /// <summary>Whether the chat is kept off the list: until the next message, or, while the user's first answer is
    /// awaited, until the user shows it again or answers.</summary>
    public bool? Hidden { get; init; }
}

/// <summary><c>presence.get</c>: who of a chat's members is online. Answered by <c>presence</c>.</summary>
public sealed record PresenceGet : ClientFrame
{
    /// <summary>The chat that the user shares with those who are asked for.</summary>
    public required string Chat { get; init; }

    /// <summary>Who is asked for, at most <see cref="Limits.PresenceUsersMax"/>.</summary>
    public required IReadOnlyList<string> Users { get; init; }
}

/// <summary>
/// <c>presence.watch</c>: the same, and <c>presence.changed</c> from then on. Replaces the former watch of the chat; no
/// users end it. It is over with the session.
/// </summary>
public sealed record PresenceWatching : ClientFrame
{
    /// <summary>The chat that the user shares with those who are watched.</summary>
    public required string Chat { get; init; }

    /// <summary>Who is watched, at most <see cref="Limits.PresenceUsersMax"/>.</summary>
    public required IReadOnlyList<string> Users { get; init; }
}

/// <summary>
/// <c>presence.set</c>: whether the user's presence is shown. Who hides it sees nobody else's. Answered by
/// <c>presence.set</c>.
/// </summary>
public sealed record PresenceSet : ClientFrame
{
    /// <summary>The new setting; absent asks for the present one.</summary>
    public bool? Visible { get; init; }
}
