using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;

namespace LiveChat.Protocol.Frames;

/// <summary>
/// Escapes what JSON requires and nothing else: quotation mark, backslash, control characters; half of a surrogate
/// pair becomes U+FFFD. The relaxed encoder of the platform also escapes every emoji, in twelve bytes for four, so that
/// the same text would count differently in different languages. Any thread.
/// </summary>
internal sealed class MinimalJsonEncoder : JavaScriptEncoder
{
    private static readonly SearchValues<char> Stops = SearchValues.Create([
        '"', '\\',
        .. Enumerable.Range(0, ' ').Select(static unit => (char)unit),
        .. Enumerable.Range(0xD800, 0x800).Select(static unit => (char)unit),
    ]);

    private MinimalJsonEncoder()
    {
    }

    public static MinimalJsonEncoder Instance { get; } = new();

    public override int MaxOutputCharactersPerInputCharacter => 6;

    public override bool WillEncode(int unicodeScalar) => unicodeScalar is < ' ' or '"' or '\\';

    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength) =>
        FirstToEncode(new ReadOnlySpan<char>(text, textLength));

    public override unsafe bool TryEncodeUnicodeScalar(
        int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten) =>
        TryEncode(unicodeScalar, new Span<char>(buffer, bufferLength), out numberOfCharactersWritten);

    private static int FirstToEncode(ReadOnlySpan<char> text)
    {
        for (var from = 0; ;)
        {
            var at = text[from..].IndexOfAny(Stops);
            if (at < 0) return -1;
            at += from;
            var isPair = char.IsHighSurrogate(text[at])
                && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]);
            if (!isPair) return at;
            from = at + 2;
        }
    }

    private static bool TryEncode(int unicodeScalar, Span<char> output, out int written)
    {
        var escaped = unicodeScalar switch
        {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\b' => "\\b",
            '\f' => "\\f",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            _ => string.Create(CultureInfo.InvariantCulture, $"\\u{unicodeScalar:x4}"),
        };
        Debug.Assert(unicodeScalar <= 0xFFFF, "No character above is escaped.");
        written = escaped.TryCopyTo(output) ? escaped.Length : 0;
        return written > 0;
    }
}
