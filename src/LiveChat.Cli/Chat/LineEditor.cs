using System.Globalization;

namespace LiveChat.Cli.Chat;

/// <summary>The line that is being typed: what a key does to it. The cursor is always at its end.</summary>
internal sealed class LineEditor
{
    private const int LengthMax = 4000;

    /// <summary>What was typed so far.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Takes a key; gives the line when it was finished.</summary>
    public string? Press(ConsoleKeyInfo key)
    {
        switch (key.Key)
        {
            case ConsoleKey.Enter:
                var line = Text;
                Text = "";
                return line;
            case ConsoleKey.Backspace when Text.Length > 0:
                var starts = StringInfo.ParseCombiningCharacters(Text);
                Text = Text[..starts[^1]];
                break;
            case ConsoleKey.Escape:
            case ConsoleKey.U when key.Modifiers == ConsoleModifiers.Control:
                Text = "";
                break;
            case ConsoleKey.W when key.Modifiers == ConsoleModifiers.Control:
                Text = Text.TrimEnd();
                Text = Text[..(Text.LastIndexOf(' ') + 1)];
                break;
            default:
                if (!char.IsControl(key.KeyChar) && key.KeyChar != 0 && Text.Length < LengthMax) Text += key.KeyChar;
                break;
        }

        return null;
    }
}
