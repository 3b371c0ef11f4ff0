using System.Buffers.Text;
using System.Text.Json;

namespace LiveChat.Server.Tokens;

/// <summary>
/// The header or the claims of a token as they stand. The library takes the last of two members with one name, and a
/// number that is written as a text. Another reader of the same token may take something else, so both are refused.
/// </summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    /// <summary>The object that a part of a token is; null when it is none, or has a name twice.</summary>
    public static JsonElement? Read(string part)
    {
        try
        {
            using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(part), Options);
            return document.RootElement.ValueKind is JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (Exception unreadable) when (unreadable is FormatException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A text; null when it is absent. False when it is anything else.</summary>
    public static bool TryText(JsonElement claims, string name, out string? text)
    {
        text = null;
        if (!claims.TryGetProperty(name, out var claim)) return true;
        if (claim.ValueKind is not JsonValueKind.String) return false;
        try
        {
            text = claim.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false; // Half a surrogate pair.
        }
    }

    /// <summary>A time in seconds (RFC 7519, which allows parts of one); null when it is absent. False when it is
    /// anything else.</summary>
    public static bool TrySeconds(JsonElement claims, string name, out long? seconds)
    {
        seconds = null;
        if (!claims.TryGetProperty(name, out var claim)) return true;
        if (claim.ValueKind is not JsonValueKind.Number) return false;
        if (claim.TryGetInt64(out var whole))
            seconds = whole;
        else if (claim.TryGetDouble(out var number) && Math.Abs(number) < long.MaxValue)
            seconds = (long)Math.Floor(number);
        return seconds is not null;
    }
}
