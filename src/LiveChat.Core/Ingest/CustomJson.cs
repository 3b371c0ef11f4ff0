using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace LiveChat.Core.Ingest;

/// <summary>
/// The application's own JSON objects. Their canonical form has no white space and escapes only what JSON requires: the
/// quotation mark, the backslash and control characters; numbers stay as they are written. Its UTF-8 bytes are what
/// limits count, since they are the same however a client escapes. Goes as deep as frames may. Pure.
/// </summary>
internal static class CustomJson
{
    /// <summary>What JSON lets stand in no string.</summary>
    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        "\"\\\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f"
        + "\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f");

    /// <summary>The code of the rule that the value breaks; null when it is an object of allowed content.</summary>
    public static string? Breaks(JsonElement value, int bytesMax)
    {
        if (value.ValueKind is not JsonValueKind.Object) return "object";
        if (BreaksInside(value) is { } rule) return rule;
        return Encoding.UTF8.GetByteCount(Canonical(value)) > bytesMax ? FieldRule.TooLarge : null;
    }

    /// <summary>The canonical form.</summary>
    public static string Canonical(JsonElement value)
    {
        var output = new ArrayBufferWriter<byte>(256);
        Write(output, value);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static string? BreaksInside(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var field in value.EnumerateObject())
                {
                    if (!TextCharacters.IsData(field.Name)) return "characters";
                    if (BreaksInside(field.Value) is { } rule) return rule;
                }

                return null;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                    if (BreaksInside(item) is { } rule)
                        return rule;
                return null;
            case JsonValueKind.String:
                return TextCharacters.IsData(value.GetString()) ? null : "characters";
            case JsonValueKind.Number:
                return IsDouble(JsonMarshal.GetRawUtf8Value(value)) ? null : "number";
            default:
                return null;
        }
    }

    /// <summary>Whether every client can hold the number, if not all of its digits: neither infinite, nor lost in 0.
    /// </summary>
    private static bool IsDouble(ReadOnlySpan<byte> digits)
    {
        if (!Utf8Parser.TryParse(digits, out double number, out _) || !double.IsFinite(number)) return false;
        var mantissa = digits.IndexOfAny((byte)'e', (byte)'E') is >= 0 and var end ? digits[..end] : digits;
        return number != 0 || !mantissa.ContainsAnyInRange((byte)'1', (byte)'9');
    }

    private static void Write(ArrayBufferWriter<byte> output, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var before = "{"u8;
                foreach (var field in value.EnumerateObject())
                {
                    output.Write(before);
                    WriteString(output, field.Name);
                    output.Write(":"u8);
                    Write(output, field.Value);
                    before = ","u8;
                }

                output.Write(before is [(byte)'{'] ? "{}"u8 : "}"u8);
                break;
            case JsonValueKind.Array:
                var first = "["u8;
                foreach (var item in value.EnumerateArray())
                {
                    output.Write(first);
                    Write(output, item);
                    first = ","u8;
                }

                output.Write(first is [(byte)'['] ? "[]"u8 : "]"u8);
                break;
            case JsonValueKind.String:
                WriteString(output, value.GetString()!);
                break;
            default:
                output.Write(JsonMarshal.GetRawUtf8Value(value));
                break;
        }
    }

    private static void WriteString(ArrayBufferWriter<byte> output, string text)
    {
        output.Write("\""u8);
        var rest = text.AsSpan();
        while (rest.IndexOfAny(Escaped) is var at && at >= 0)
        {
            Encoding.UTF8.GetBytes(rest[..at], output);
            WriteEscaped(output, rest[at]);
            rest = rest[(at + 1)..];
        }

        Encoding.UTF8.GetBytes(rest, output);
        output.Write("\""u8);
    }

    private static void WriteEscaped(ArrayBufferWriter<byte> output, char character)
    {
        output.Write(character switch
        {
            '"' => "\\\""u8,
            '\\' => "\\\\"u8,
            '\b' => "\\b"u8,
            '\f' => "\\f"u8,
            '\n' => "\\n"u8,
            '\r' => "\\r"u8,
            '\t' => "\\t"u8,
            _ => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}")),
        });
    }
}
