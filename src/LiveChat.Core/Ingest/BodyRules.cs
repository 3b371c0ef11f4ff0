using System.Text;
using System.Text.Json;
using LiveChat.Core.Log;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Core.Ingest;

/// <summary>The canonical form of a message's body: the default format is absent, mentions are there once each in
/// the order of the text, <c>custom</c> is canonical. What a field may hold was checked by its rule. Pure.</summary>
internal static class BodyRules
{
    /// <summary>Fills the body and says what is wrong with it; null when nothing is.</summary>
    public static Problem? Read(MessageBody given, out Body body)
    {
        body = new Body { Text = given.Text };
        if (given.Format == TextFormats.Markdown) body.Format = TextFormats.Markdown;
        body.ReplyTo = (ulong)(given.ReplyTo ?? 0);
        if (given.Mentions is { Count: > Limits.MentionsMax }) return Problems.Invalid("/body/mentions", "too_many");
        if (given.Mentions is { } mentions) body.Mentions.AddRange(mentions.Distinct(StringComparer.Ordinal));
        body.Custom = CustomOf(given.Custom) ?? "";
        if (body.Text.Length == 0 && body.Custom.Length == 0) return Problems.Invalid("/body/text", "required");
        return Bytes(body) > Limits.BodyBytesMax
            ? Problems.Of(ErrorCode.PayloadTooLarge, "The body is too long.")
            : null;
    }

    /// <summary>Custom data in their canonical form; null when there are none.</summary>
    public static string? CustomOf(JsonElement? given) =>
        given is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } value
            ? CustomJson.Canonical(value)
            : null;

    /// <summary>The UTF-8 bytes of what the body says, and of nothing that an encoding adds.</summary>
    private static int Bytes(Body body) =>
        Encoding.UTF8.GetByteCount(body.Text) + Encoding.UTF8.GetByteCount(body.Custom)
        + body.Format.Length + (body.Mentions.Count == 0 ? 0 : body.Mentions.Sum(static user => user.Length));
}
