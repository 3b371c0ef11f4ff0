using System.Buffers;
using System.Text;

namespace LiveChat.Core.Ingest;

/// <summary>
/// Which characters are text. Everything is that I-JSON (RFC 7493) lets pass, hence neither surrogates without their
/// other half nor noncharacters, and no control character but tab, line feed and carriage return in a text of many
/// lines: stores, terminals and other languages end a text at them, or worse. Pure.
/// </summary>
internal static class TextCharacters
{
    private const int PlainFrom = ' ';
    private const int PlainTo = '~';

    /// <summary>Text of many lines.</summary>
    public static bool IsText(ReadOnlySpan<char> text) =>
        All(text, static rune => IsCharacter(rune) && (!Rune.IsControl(rune) || rune.Value is '\t' or '\n' or '\r'));

    /// <summary>Text of one line: without any control character, and without U+2028 and U+2029, which break it too.
    /// </summary>
    public static bool IsLine(ReadOnlySpan<char> text) =>
        All(text, static rune => IsCharacter(rune) && !Rune.IsControl(rune) && rune.Value is not (0x2028 or 0x2029));

    /// <summary>What a string of the application's own data holds: anything but U+0000.</summary>
    public static bool IsData(ReadOnlySpan<char> text) =>
        All(text, static rune => IsCharacter(rune) && rune.Value != 0);

    private static bool IsCharacter(Rune rune) =>
        (rune.Value & 0xFFFE) != 0xFFFE && rune.Value is not (>= 0xFDD0 and <= 0xFDEF);

    private static bool All(ReadOnlySpan<char> text, Func<Rune, bool> isAllowed)
    {
        // Nearly all of nearly all texts is passed over at once.
        while (text.IndexOfAnyExceptInRange((char)PlainFrom, (char)PlainTo) is var at && at >= 0)
        {
            text = text[at..];
            if (Rune.DecodeFromUtf16(text, out var rune, out var length) is not OperationStatus.Done) return false;
            if (!isAllowed(rune)) return false;
            text = text[length..];
        }

        return true;
    }
}
