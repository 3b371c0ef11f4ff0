using System.Globalization;
using System.Text;

namespace LiveChat.Cli.Text;

/// <summary>
/// Text of other people on a terminal. Control characters would let a message move the cursor, change colours or
/// rename the window, and direction marks would let it read backwards: neither gets through.
/// </summary>
internal static class TerminalText
{
    /// <summary>The text on one line without anything that a terminal obeys.</summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            if (rune.Value is '\n' or '\t') clean.Append(' ');
            else if (category is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator) clean.Append(' ');
            else if (category is UnicodeCategory.Control || IsDirection(rune.Value)) continue;
            else clean.Append(rune);
        }

        return clean.ToString();
    }

    /// <summary>How many columns the text takes.</summary>
    public static int Width(string text)
    {
        var columns = 0;
        foreach (var rune in text.EnumerateRunes()) columns += Width(rune);
        return columns;
    }

    /// <summary>The text in pieces of at most so many columns, broken at spaces where that is possible.</summary>
    public static List<string> Wrap(string text, int columns)
    {
        var lines = new List<string>();
        var line = new StringBuilder();
        var width = 0;
        foreach (var word in text.Split(' '))
        {
            var wordWidth = Width(word);
            if (width > 0 && width + 1 + wordWidth > columns) NextLine();
            if (width > 0)
            {
                line.Append(' ');
                width++;
            }

            foreach (var rune in word.EnumerateRunes())
            {
                if (width + Width(rune) > columns) NextLine();
                line.Append(rune);
                width += Width(rune);
            }
        }

        if (width > 0 || lines.Count == 0) NextLine();
        return lines;

        void NextLine()
        {
            lines.Add(line.ToString());
            line.Clear();
            width = 0;
        }
    }

    /// <summary>Cut or filled with spaces to exactly so many columns.</summary>
    public static string Fit(string text, int columns)
    {
        var fitted = new StringBuilder();
        var width = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (width + Width(rune) > columns) break;
            fitted.Append(rune);
            width += Width(rune);
        }

        return fitted.Append(' ', columns - width).ToString();
    }

    private static bool IsDirection(int value) =>
        value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0x200E or 0x200F or 0x061C;

    private static int Width(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => 0,
        _ => rune.Value is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3)
            or (>= 0xF900 and <= 0xFAFF) or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60)
            or (>= 0x1F300 and <= 0x1FAFF) or (>= 0x20000 and <= 0x3FFFD) ? 2 : 1,
    };
}
