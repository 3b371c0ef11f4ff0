using System.Globalization;
using LiveChat.EndToEnd.Crash;
using LiveChat.Tests.Running;

namespace LiveChat.EndToEnd.Screen;

/// <summary>A terminal with a shell in it: a session of a tmux server of its own. Used by one test.</summary>
internal sealed class TmuxTerminal : IAsyncDisposable
{
    private const int LooksMax = 1200;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly string _socket;

    private TmuxTerminal(string socket) => _socket = socket;

    /// <param name="folder">Where the shell begins, and the socket of the tmux server is.</param>
    /// <param name="columns">The size of the terminal.</param>
    /// <param name="rows">The size of the terminal.</param>
    public static Task<TmuxTerminal> StartAsync(string folder, int columns, int rows) => SetUp.OrEndAsync(
        new TmuxTerminal(Path.Combine(folder, "tmux")),
        terminal => terminal.TmuxAsync(
            "-f", "/dev/null", "new-session", "-d", "-c", folder, "-x", Text(columns), "-y", Text(rows),
            "env", "TERM=xterm-256color", "PS1=shell> ", "bash", "--noprofile", "--norc"));

    /// <summary>Types text as it is.</summary>
    public Task TypeAsync(string text) => TmuxAsync("send-keys", "-l", "--", text);

    /// <summary>Presses keys by their names, as tmux has them.</summary>
    public Task PressAsync(params string[] keys) => TmuxAsync(["send-keys", .. keys]);

    /// <summary>Pastes as a terminal does: in brackets when the program asked for them.</summary>
    public async Task PasteAsync(string text)
    {
        await TmuxAsync("set-buffer", "--", text);
        await TmuxAsync("paste-buffer", "-p");
    }

    public Task ResizeAsync(int columns, int rows) =>
        TmuxAsync("resize-window", "-x", Text(columns), "-y", Text(rows));

    /// <summary>Waits until the lines of the screen are as wanted, and returns them.</summary>
    public async Task<string[]> UntilAsync(Func<string[], bool> isSo)
    {
        var lines = Array.Empty<string>();
        for (var i = 0; i < LooksMax; i++)
        {
            lines = (await TmuxAsync("capture-pane", "-p")).Split('\n');
            if (isSo(lines)) return lines;
            await Task.Delay(Pause, TimeProvider.System);
        }

        throw new InvalidOperationException($"The screen never is as wanted:\n{string.Join('\n', lines)}");
    }

    /// <summary>Waits until a line is so.</summary>
    public Task<string[]> UntilAsync(string line) =>
        UntilAsync(lines => lines.Any(shown => shown.TrimEnd() == line));

    public async ValueTask DisposeAsync() => await Shell.TryRunAsync("tmux", "-S", _socket, "kill-server");

    private Task<string> TmuxAsync(params string[] arguments) => Shell.RunAsync("tmux", ["-S", _socket, .. arguments]);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
