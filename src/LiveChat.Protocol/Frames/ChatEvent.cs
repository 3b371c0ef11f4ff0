using System.Text.Json;
using System.Text.Json.Serialization;

namespace LiveChat.Protocol.Frames;

/// <summary>
/// Something that changed a chat; seq numbers of a chat are 1, 2, 3, … without holes. The same on the live
/// connection, on pages and in every SDK.
/// </summary>
public abstract record ChatEvent : ServerFrame
{
    /// <summary>The chat's id.</summary>
    [JsonPropertyOrder(-7)]
    public required string Chat { get; init; }

    /// <summary>The place in the chat's order.</summary>
    [JsonPropertyOrder(-6)]
    public required long Seq { get; init; }

    /// <summary>The number of messages up to and with this event.</summary>
    [JsonPropertyOrder(-5)]
    public required long N { get; init; }

    /// <summary>The event's id.</summary>
    [JsonPropertyOrder(-4)]
    public required string Id { get; init; }

    /// <summary>Under which key the sender sent the command.</summary>
    [JsonPropertyOrder(-3)]
    public required string ClientId { get; init; }

    /// <summary>Who did it.</summary>
    [JsonPropertyOrder(-2)]
    public required string Sender { get; init; }

    /// <summary>When, by the chat's clock: never lower than that of the event before.</summary>
    [JsonPropertyOrder(-1)]
    public required DateTimeOffset SentAt { get; init; }

    /// <summary>On pages: true when the server cannot read any more what the event says. What it still knows is here,
    /// and the rest is empty: an event keeps its <see cref="Seq"/> whatever becomes of it.</summary>
    public bool? Unreadable { get; init; }
}

/// <summary><c>chat.created</c>: always seq 1.</summary>
public sealed record ChatCreated : ChatEvent
{
    /// <summary>One of <see cref="ChatKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>The group's title.</summary>
    public string? Title { get; init; }

    /// <summary>The application's own data.</summary>
    public JsonElement? Custom { get; init; }

    /// <summary>All members, the creator first.</summary>
    public required IReadOnlyList<string> Members { get; init; }
}

/// <summary><c>message.created</c>.</summary>
public sealed record MessageCreated : ChatEvent
{
    /// <summary>What is said; absent when the message was deleted since.</summary>
    public MessageBody? Body { get; init; }

    /// <summary>On pages: the seq of the edit whose body this is.</summary>
    public long? EditedSeq { get; init; }

    /// <summary>On pages: the seq of the deletion.</summary>
    public long? DeletedSeq { get; init; }

    /// <summary>On pages: who reacted how.</summary>
    public IReadOnlyList<Reaction>? Reactions { get; init; }
}

/// <summary>A reaction that is set.</summary>
/// <param name="Emoji">The emoji.</param>
/// <param name="User">Whose it is.</param>
public sealed record Reaction(string Emoji, string User);

/// <summary><c>message.edited</c>.</summary>
public sealed record MessageEdited : ChatEvent
{
    /// <summary>The seq of the message.</summary>
    public required long Target { get; init; }

    /// <summary>The new body; absent for a member who may not see the target, and when it was deleted since.</summary>
    public MessageBody? Body { get; init; }
}

/// <summary><c>message.deleted</c>.</summary>
public sealed record MessageDeleted : ChatEvent
{
    /// <summary>The seq of the message.</summary>
    public required long Target { get; init; }
}

/// <summary><c>reaction.changed</c>.</summary>
public sealed record ReactionChanged : ChatEvent
{
    /// <summary>The seq of the message.</summary>
    public required long Target { get; init; }

    /// <summary>The emoji; absent for a member who may not see the target.</summary>
    public string? Emoji { get; init; }

    /// <summary>Whether it is set or cleared.</summary>
    public required bool On { get; init; }
}

/// <summary><c>member.added</c>.</summary>
public sealed record MemberAdded : ChatEvent
{
    /// <summary>Who was added; their stay begins with this event.</summary>
    public required IReadOnlyList<string> Users { get; init; }
}

/// <summary><c>member.removed</c>: the last event of that stay. A user who left is sender and user at once.</summary>
public sealed record MemberRemoved : ChatEvent
{
    /// <summary>Who went.</summary>
    public required string User { get; init; }
}

/// <summary><c>member.role_changed</c>.</summary>
public sealed record MemberRoleChanged : ChatEvent
{
    /// <summary>Whose role.</summary>
    public required string User { get; init; }

    /// <summary>The new role, one of <see cref="MemberRoles"/>.</summary>
    public required string Role { get; init; }
}

/// <summary><c>chat.updated</c>: the settings after the change.</summary>
public sealed record ChatUpdated : ChatEvent
{
    /// <summary>The title; absent when there is none.</summary>
    public string? Title { get; init; }

    /// <summary>The application's own data; absent when there are none.</summary>
    public JsonElement? Custom { get; init; }
}

/// <summary><c>chat.deleted</c>: the last event of the chat and of every stay. Nothing else of the chat is left, and
/// <see cref="ChatEvent.Sender"/> is <c>.</c>, which is no user: the server.</summary>
public sealed record ChatDeleted : ChatEvent;

/// <summary>An event of a kind that this version does not know: it holds its seq.</summary>
public sealed record UnknownEvent : ChatEvent
{
    /// <summary>The type that was on the wire.</summary>
    [JsonIgnore]
    public string Type { get; init; } = "";
}
