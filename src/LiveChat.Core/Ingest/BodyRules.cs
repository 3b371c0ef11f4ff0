using System.Buffers;
using System.Text;
using System.Text.Json;
using LiveChat.Core.Log;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Ingest;

/// <summary>The canonical form of a message's body: the default format is absent, mentions are there once each in
/// the order of the text, <c>custom</c> is JSON without white space. Pure.</summary>
internal static class BodyRules
{
    /// <summary>What every client's numbers hold exactly: it is passed on, and compared with nothing.</summary>
    private const long SeqMax = (1L << 53) - 1;

    /// <summary>Fills the body and says what is wrong with it; null when nothing is.</summary>
    public static Problem? Read(MessageBody given, out Body body)
    {
        body = new Body { Text = given.Text };
        if (given.Format is not (null or TextFormats.Plain or TextFormats.Markdown))
            return Problems.Invalid("/body/format", "unknown");
        if (given.Format == TextFormats.Markdown) body.Format = TextFormats.Markdown;

        if (given.ReplyTo is < 1 or > SeqMax) return Problems.Invalid("/body/reply_to", "range");
        body.ReplyTo = (ulong)(given.ReplyTo ?? 0);

        if (given.Mentions is { } mentions)
        {
            if (mentions.Count > Limits.MentionsMax) return Problems.Invalid("/body/mentions", "too_many");
            foreach (var user in mentions.Distinct(StringComparer.Ordinal))
            {
                if (!UserId.TryParse(user, out _)) return Problems.Invalid("/body/mentions", "id");
                body.Mentions.Add(user);
            }
        }

        if (ReadCustom(given.Custom, "/body/custom", out var custom) is { } problem) return problem;
        body.Custom = custom ?? "";
        if (body.Text.Length == 0 && body.Custom.Length == 0) return Problems.Invalid("/body/text", "required");
        return body.CalculateSize() > Limits.BodyBytesMax
            ? Problems.Of(ErrorCode.PayloadTooLarge, "The body is too long.")
            : null;
    }

    /// <summary>Custom data in their canonical form; null when there are none.</summary>
    public static Problem? ReadCustom(JsonElement? given, string pointer, out string? custom)
    {
        custom = null;
        if (given is not { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } element) return null;
        if (element.ValueKind is not JsonValueKind.Object) return Problems.Invalid(pointer, "object");
        custom = Minify(element);
        return Encoding.UTF8.GetByteCount(custom) > Limits.CustomBytesMax
            ? Problems.Of(ErrorCode.PayloadTooLarge, "custom is too long.")
            : null;
    }

    private static string Minify(JsonElement element)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
            element.WriteTo(writer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
