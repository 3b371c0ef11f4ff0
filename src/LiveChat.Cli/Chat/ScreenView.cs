using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using LiveChat.Protocol.Frames;

namespace LiveChat.Cli.Chat;

/// <summary>
/// The whole terminal, redrawn after every change and whenever the terminal gets another size or comes back. One thread
/// of the pool waits for the next key, since the console has no other way to; at the end it dies with the process.
/// Signals come on a thread of the runtime. The lock keeps what is written to the terminal whole, and off a terminal
/// that belongs to the shell while the process is stopped.
/// </summary>
internal sealed class ScreenView : IChatView
{
    // The alternate screen, so that what was on the terminal comes back afterwards; pastes in brackets.
    private const string Take = "\e[?1049h\e[2J\e[?2004h";
    private const string GiveBack = "\e[?2004l\e[?1049l\e[?25h";

    private readonly LineEditor _editor = new();
    private readonly bool _hasColors = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
    private readonly Lock _lock = new();
    private bool _isGivenBack = true;

    public ScreenView() => TakeTerminal();

    public void Show(ChatModel model)
    {
        var (columns, rows) = (Math.Max(Console.WindowWidth, ChatScreen.ColumnsMin), Math.Max(Console.WindowHeight, 3));
        var typed = _editor.Now;
        var lines = ChatScreen.Draw(model, typed, columns, rows);
        var frame = new StringBuilder("\e[?25l\e[H");
        for (var row = 0; row < lines.Count; row++)
        {
            var isHead = _hasColors && row == 0;
            if (row > 0) frame.Append("\r\n");
            frame.Append(isHead ? "\e[7m" : "").Append(lines[row]).Append(isHead ? "\e[0m" : "").Append("\e[K");
        }

        var column = InputLine.Of(typed, columns).Column;
        frame.Append(CultureInfo.InvariantCulture, $"\e[J\e[{lines.Count};{column}H\e[?25h");
        lock (_lock)
        {
            if (!_isGivenBack) Console.Out.Write(frame.ToString());
        }
    }

    public void Happened(ChatModel model, ChatEvent happened)
    {
        // The next drawing shows it.
    }

    public async Task ReadAsync(ChatSession session, CancellationToken cancellationToken)
    {
        var signals = OperatingSystem.IsWindows() ? [] : Follow(() => session.Redraw(cancellationToken));
        try
        {
            while (await NextKeyAsync(cancellationToken) is { } key)
            {
                var line = _editor.Press(key);
                var text = _editor.Now.Text;
                if (line is { Length: > 0 }) await session.SubmitAsync(line, cancellationToken);
                else await session.TypeAsync(text.Length > 0 && text[0] != '/', cancellationToken);
            }
        }
        finally
        {
            foreach (var signal in signals) signal.Dispose();
        }
    }

    public void Dispose() => GiveTerminalBack();

    /// <summary>Another size, Ctrl+Z, and <c>fg</c> after it.</summary>
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    private PosixSignalRegistration[] Follow(Action redraw) =>
    [
        PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => redraw()),
        PosixSignalRegistration.Create(PosixSignal.SIGTSTP, stop =>
        {
            stop.Cancel = true;
            GiveTerminalBack();
            JobControl.Stop();
        }),
        PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ =>
        {
            TakeTerminal();
            redraw();
        }),
    ];

    private void TakeTerminal()
    {
        lock (_lock)
        {
            Console.Out.Write(Take);
            _isGivenBack = false;
        }
    }

    private void GiveTerminalBack()
    {
        lock (_lock)
        {
            if (_isGivenBack) return;
            Console.Out.Write(GiveBack);
            _isGivenBack = true;
        }
    }

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
