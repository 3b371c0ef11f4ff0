using System.Text;
using LiveChat.Cli.Text;
using LiveChat.Protocol.Frames;

namespace LiveChat.Cli.Chat;

/// <summary>
/// The whole terminal, redrawn after every change. One thread of the pool waits for the next key, since the console
/// has no other way to; at the end it dies with the process.
/// </summary>
internal sealed class ScreenView : IChatView
{
    private readonly LineEditor _editor = new();
    private readonly bool _hasColors = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    public ScreenView()
    {
        // The alternate screen: what was on the terminal comes back afterwards.
        Console.Out.Write("\e[?1049h\e[2J");
    }

    public void Show(ChatModel model)
    {
        var (columns, rows) = (Math.Max(Console.WindowWidth, ChatScreen.ColumnsMin), Math.Max(Console.WindowHeight, 3));
        var lines = ChatScreen.Draw(model, _editor.Text, columns, rows);
        var frame = new StringBuilder("\e[?25l\e[H");
        for (var row = 0; row < lines.Count; row++)
        {
            var isHead = _hasColors && row == 0;
            if (row > 0) frame.Append("\r\n");
            frame.Append(isHead ? "\e[7m" : "").Append(lines[row]).Append(isHead ? "\e[0m" : "").Append("\e[K");
        }

        var cursor = TerminalText.Width(lines[^1].TrimEnd()) + 1;
        if (_editor.Text.Length == 0 || _editor.Text.EndsWith(' ')) cursor++;
        frame.Append(System.Globalization.CultureInfo.InvariantCulture, $"\e[{lines.Count};{cursor}H\e[?25h");
        Console.Out.Write(frame.ToString());
    }

    public void Happened(ChatModel model, ChatEvent happened)
    {
        // The next drawing shows it.
    }

    public async Task ReadAsync(ChatSession session, CancellationToken cancellationToken)
    {
        while (await NextKeyAsync(cancellationToken) is { } key)
        {
            var line = _editor.Press(key);
            var isMessage = _editor.Text.Length > 0 && !_editor.Text.StartsWith('/');
            if (line is { Length: > 0 }) await session.SubmitAsync(line, cancellationToken);
            else await session.TypeAsync(isMessage, cancellationToken);
        }
    }

    public void Dispose() => Console.Out.Write("\e[?1049l\e[?25h");

    private static async Task<ConsoleKeyInfo?> NextKeyAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Run(() => Console.ReadKey(intercept: true), cancellationToken)
                .WaitAsync(cancellationToken);
        }
        catch (InvalidOperationException)
        {
            // The terminal is gone.
            return null;
        }
    }
}
