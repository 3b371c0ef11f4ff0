using System.Text.Json;

namespace LiveChat.Protocol.Frames;

/// <summary>What a message says. Encoded it has at most <see cref="Limits.BodyBytesMax"/> bytes.</summary>
public sealed record MessageBody
{
    /// <summary>The text, source form; it is rendered by clients only.</summary>
    public string Text { get => field ?? ""; init; }

    /// <summary>One of <see cref="TextFormats"/>; absent means plain.</summary>
    public string? Format { get; init; }

    /// <summary>The seq of the message of the same chat that this one answers.</summary>
    public long? ReplyTo { get; init; }

    /// <summary>User ids that the message calls on, at most <see cref="Limits.MentionsMax"/>.</summary>
    public IReadOnlyList<string>? Mentions { get; init; }

    /// <summary>A JSON object of the application's own, at most <see cref="Limits.CustomBytesMax"/> bytes.</summary>
    public JsonElement? Custom { get; init; }
}
