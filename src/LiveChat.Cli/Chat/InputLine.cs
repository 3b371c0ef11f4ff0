using System.Globalization;
using LiveChat.Cli.Text;

namespace LiveChat.Cli.Chat;

/// <summary>The line that is being typed as the screen shows it: the part around the cursor.</summary>
/// <param name="Shown">The prompt and the part of the text.</param>
/// <param name="Column">Where the cursor is, counted from 1.</param>
internal sealed record InputLine(string Shown, int Column)
{
    private const string Prompt = "> ";

    public static InputLine Of(EditedLine line, int columns)
    {
        var before = Visible(line.Text[..line.Cursor]);
        var room = columns - Prompt.Length - 1;
        var from = before.Length;
        var width = 0;
        foreach (var start in StringInfo.ParseCombiningCharacters(before).Reverse())
        {
            width += TerminalText.Width(before[start..from]);
            if (width > room) break;
            from = start;
        }

        var shown = Prompt + before[from..];
        return new InputLine(shown + Visible(line.Text[line.Cursor..]), TerminalText.Width(shown) + 1);
    }

    /// <summary>The end of a line within the message is seen as one.</summary>
    private static string Visible(string text) =>
        TerminalText.Clean(text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\n', '↵'));
}
