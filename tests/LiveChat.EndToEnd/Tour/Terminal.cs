using System.Diagnostics;
using System.Threading.Channels;

namespace LiveChat.EndToEnd.Tour;

/// <summary>
/// A shell that commands are typed into, one after the other, and whose output is compared line by line. Used by one
/// test; the shell's output comes from threads of the runtime into a bounded queue, and what does not fit into it
/// ends the reading, which fails the test.
/// </summary>
internal sealed class Terminal : IAsyncDisposable
{
    private const int LinesMax = 10_000;
    private const string Prompt = "--prompt--";

    private readonly Process _shell;
    private readonly TimeSpan _patience;
    private readonly bool _mayTryAgain;
    private readonly Channel<string> _lines = Channel.CreateBounded<string>(
        new BoundedChannelOptions(LinesMax) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private int _commands;
    private bool _isBackground;
    private bool _skips;

    /// <param name="folder">Where the shell begins.</param>
    /// <param name="environment">What its environment has besides.</param>
    /// <param name="patience">How long it waits for a line.</param>
    /// <param name="mayTryAgain">Whether a command may say first that it tries again.</param>
    public Terminal(
        string folder, IReadOnlyDictionary<string, string> environment, TimeSpan patience, bool mayTryAgain = false)
    {
        (_patience, _mayTryAgain) = (patience, mayTryAgain);
        var start = new ProcessStartInfo("bash", ["--noprofile", "--norc"])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        _shell = Process.Start(start)!;
        _shell.OutputDataReceived += (_, output) =>
        {
            if (output.Data is not { } line || !_lines.Writer.TryWrite(line)) _lines.Writer.TryComplete();
        };
        _shell.BeginOutputReadLine();
        _shell.StandardInput.WriteLine("exec 2>&1");
    }

    /// <summary>Types what is to be typed, compares what appears, and says what is not as shown.</summary>
    public async Task<string?> RunAsync(TourStep step)
    {
        if (step.Command is { } command)
        {
            _commands++;
            _isBackground = command.EndsWith('&');
            _skips = false;
            // The command must not read what is typed after it.
            var prompt = $"echo \"{Prompt} {_commands} $?\"";
            await _shell.StandardInput.WriteLineAsync($"{{ {command}\n}} < /dev/null; {prompt}");
            await _shell.StandardInput.FlushAsync();
        }

        foreach (var shown in step.Shown)
        {
            if (shown == TourStep.AnyLines) _skips = true;
            else if (await ExpectAsync(shown) is { } problem) return problem;
        }

        return _skips || step.Command is null ? null : await ExpectAsync($"{Prompt} {_commands} 0");
    }

    public async ValueTask DisposeAsync()
    {
        _shell.Kill(entireProcessTree: true);
        await _shell.WaitForExitAsync();
        _shell.Dispose();
    }

    private async Task<string?> ExpectAsync(string shown)
    {
        List<string> seen = [];
        while (await NextAsync() is { } line)
        {
            if (IsOldPrompt(line) && line != shown) continue;
            if (_mayTryAgain && TourStep.TriesAgain(line)) continue;
            seen.Add(line);
            if (TourStep.Matches(shown, line))
            {
                _skips = false;
                return null;
            }

            if (!_skips || line.StartsWith(Prompt, StringComparison.Ordinal)) break;
        }

        return $"shown: {shown}\nsaid:  {string.Join('\n', seen)}";
    }

    // What was not waited for, or runs in the background, has its prompt somewhere among the lines that come later.
    private bool IsOldPrompt(string line) =>
        line.StartsWith(Prompt, StringComparison.Ordinal)
        && (_isBackground || !line.StartsWith($"{Prompt} {_commands} ", StringComparison.Ordinal));

    private async Task<string?> NextAsync()
    {
        try
        {
            return await _lines.Reader.ReadAsync().AsTask().WaitAsync(_patience);
        }
        catch (Exception ended) when (ended is TimeoutException or ChannelClosedException)
        {
            return null;
        }
    }
}
