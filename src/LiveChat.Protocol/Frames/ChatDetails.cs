using System.Text.Json;

namespace LiveChat.Protocol.Frames;

/// <summary><c>chat</c>: the answer to <c>chat.get</c>: a chat as its members see it.</summary>
public sealed record ChatDetails : ServerFrame
{
    /// <summary>The chat's id.</summary>
    public required string Chat { get; init; }

    /// <summary>One of <see cref="ChatKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>The group's title.</summary>
    public string? Title { get; init; }

    /// <summary>The application's own data of the chat.</summary>
    public JsonElement? Custom { get; init; }

    /// <summary>The seq of the event that set these settings: what <c>if_seq</c> is compared with.</summary>
    public required long SettingsSeq { get; init; }

    /// <summary>The last event's seq.</summary>
    public required long HeadSeq { get; init; }

    /// <summary>The number of messages up to there.</summary>
    public required long HeadN { get; init; }

    /// <summary>When the last event was.</summary>
    public required DateTimeOffset HeadTime { get; init; }

    /// <summary>Whether events are pulled, as in large chats, instead of being sent.</summary>
    public required bool Pull { get; init; }

    /// <summary>Until when the user has muted the chat; absent when it is not muted.</summary>
    public DateTimeOffset? MutedUntil { get; init; }

    /// <summary>Whether the user keeps the chat on top.</summary>
    public bool Pinned { get; init; }

    /// <summary>True while the user keeps the chat off the list; else absent.</summary>
    public bool? Hidden { get; init; }

    /// <summary>The member of a direct chat whose first message is awaited; absent once it is answered.</summary>
    public string? Awaits { get; init; }

    /// <summary>The members, in the order of their ids.</summary>
    public required IReadOnlyList<ChatMember> Members { get; init; }
}

/// <summary>A member of a chat.</summary>
/// <param name="User">Who.</param>
/// <param name="Role"><c>owner</c>, <c>admin</c> or <c>member</c>.</param>
/// <param name="From">The first seq of the present stay.</param>
/// <param name="Name">What the application calls the user; absent when it never said.</param>
public sealed record ChatMember(string User, string Role, long From, string? Name = null);
