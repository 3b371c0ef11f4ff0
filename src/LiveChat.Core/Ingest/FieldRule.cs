using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Ingest;

/// <summary>
/// What one field may hold. Lengths are UTF-8 bytes of the value itself, however a client escaped it. Each rule checks
/// one kind of value (text, number or JSON) and answers with the code of what it breaks, or with null. Pure.
/// </summary>
/// <param name="Holds">Which values, as the protocol's table says it.</param>
internal sealed record FieldRule(string Holds)
{
    /// <summary>The code of a value above a limit of the whole command: <c>payload_too_large</c> on the wire.</summary>
    public const string TooLarge = "too_large";

    private const long SeqMax = (1L << 53) - 1;

    /// <summary>The shortest text, in UTF-8 bytes.</summary>
    public int BytesMin { get; private init; }

    /// <summary>The longest text or JSON, in UTF-8 bytes; 0 where the values themselves say it.</summary>
    public int BytesMax { get; private init; }

    /// <summary>The lowest number.</summary>
    public long Min { get; private init; }

    /// <summary>The highest number; 0 where it is none.</summary>
    public long Max { get; private init; }

    /// <summary>The limit as the protocol's table says it.</summary>
    public string AtMost => string.Create(CultureInfo.InvariantCulture, $"{(BytesMax, Max) switch
    {
        (> 0, _) => $"{BytesMax:N0} bytes",
        (_, > 0) => $"{Max:N0}",
        _ => "",
    }}");

    /// <summary>The rule of texts; null for another kind of field.</summary>
    public Func<string, string?>? OfText { get; private init; }

    /// <summary>The rule of numbers; null for another kind of field.</summary>
    public Func<long, string?>? OfNumber { get; private init; }

    /// <summary>The rule of JSON values; null for another kind of field.</summary>
    public Func<JsonElement, string?>? OfJson { get; private init; }

    /// <summary>The id of a user, or the name of a device or a key.</summary>
    public static FieldRule Id { get; } = new("characters of `[A-Za-z0-9._-]`, neither `.` nor `..`")
    {
        BytesMin = 1,
        BytesMax = UserId.MaxLength,
        OfText = static text => UserId.TryParse(text, out _) ? null : "id",
    };

    /// <summary>The id of a chat.</summary>
    public static FieldRule Snowflake { get; } = new("decimal digits, from 1 to 18446744073709551615")
    {
        BytesMin = 1,
        BytesMax = 20,
        OfText = static text => ChatId.TryParse(text, out _) ? null : "id",
    };

    /// <summary>The key of a command.</summary>
    public static FieldRule Key { get; } = new("a UUIDv7 with hyphens")
    {
        BytesMin = 36,
        BytesMax = 36,
        OfText = static text => ClientId.TryParse(text, out _) ? null : "uuid_v7",
    };

    /// <summary>What is only compared with what a server gave, and never stored.</summary>
    public static FieldRule Opaque { get; } = new("what a server gave; anything else is not known")
    {
        OfText = static _ => null,
    };

    /// <summary>The number of an event.</summary>
    public static FieldRule Seq { get; } = Range(1, SeqMax);

    /// <summary>The number of an event, or 0 for before the first.</summary>
    public static FieldRule SeqOrZero { get; } = Range(0, SeqMax);

    /// <summary>Checked where it is read: what has no offset is no time.</summary>
    public static FieldRule Time { get; } = new("an RFC 3339 time with an offset, to the second or finer");

    /// <summary>True, false and nothing else.</summary>
    public static FieldRule Flag { get; } = new("`true` or `false`");

    /// <summary>One of a few words.</summary>
    public static FieldRule Word(params string[] words)
    {
        var known = words.ToFrozenSet(StringComparer.Ordinal);
        return new(string.Join(", ", words.Select(static word => $"`{word}`")))
        {
            OfText = text => known.Contains(text) ? null : "unknown",
        };
    }

    /// <summary>Text of one line, which may be empty.</summary>
    public static FieldRule Line(int bytesMax) => new("a line of text")
    {
        BytesMax = bytesMax,
        OfText = text => BreaksLine(text, 0, bytesMax),
    };

    /// <summary>An emoji or its name; over HTTP it stands in a path, where dots mean another thing.</summary>
    public static FieldRule Emoji(int bytesMax) => new("a line of text, not empty, neither `.` nor `..`")
    {
        BytesMin = 1,
        BytesMax = bytesMax,
        OfText = text => text is "." or ".." ? "dots" : BreaksLine(text, 1, bytesMax),
    };

    /// <summary>Text of many lines.</summary>
    public static FieldRule Text(int bytesMax) => new("text")
    {
        BytesMax = bytesMax,
        OfText = text =>
        {
            if (Encoding.UTF8.GetByteCount(text) > bytesMax) return TooLarge;
            return TextCharacters.IsText(text) ? null : "characters";
        },
    };

    /// <summary>The application's own object.</summary>
    public static FieldRule Object(int bytesMax) => new("a JSON object")
    {
        BytesMax = bytesMax,
        OfJson = value => CustomJson.Breaks(value, bytesMax),
    };

    /// <summary>A number.</summary>
    public static FieldRule Range(long min, long max) =>
        new(string.Create(CultureInfo.InvariantCulture, $"a number from {min} on"))
        {
            Min = min,
            Max = max,
            OfNumber = number => number < min || number > max ? "range" : null,
        };

    private static string? BreaksLine(string text, int bytesMin, int bytesMax)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        if (bytes < bytesMin) return "required";
        if (bytes > bytesMax) return "too_long";
        return TextCharacters.IsLine(text) ? null : "characters";
    }
}
