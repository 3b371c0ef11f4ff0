using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Threading.Channels;
using LiveChat.EndToEnd.Crash;

namespace LiveChat.EndToEnd.Commands;

/// <summary>A <c>livechat</c> process with pipes on all sides. Killed when it does not end in time.</summary>
internal sealed class RunningCommand : IAsyncDisposable
{
    private const int LinesMax = 10_000;

    // The read end is closed before the command begins, so that it never meets a reader.
    private const string WithoutReader = "exec 3> >(true); wait $!; exec \"$@\" >&3";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    private readonly Process _process;
    private readonly StringBuilder _said = new();
    private readonly Channel<string> _lines = Channel.CreateBounded<string>(LinesMax);

    private RunningCommand(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <param name="args">Its arguments.</param>
    /// <param name="hasReader">Whether its output has a reader.</param>
    /// <param name="environment">What its environment has besides.</param>
    public static RunningCommand Start(
        string[] args, bool hasReader = true, IReadOnlyDictionary<string, string>? environment = null)
    {
        string[] command = ["dotnet", Path.Combine(AppContext.BaseDirectory, "livechat.dll"), .. args];
        var start = hasReader
            ? new ProcessStartInfo(command[0], command[1..])
            : new ProcessStartInfo("bash", ["-c", WithoutReader, "bash", .. command]);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return new RunningCommand(Process.Start(start)!);
    }

    /// <summary>A program that was installed, with pipes as well.</summary>
    public static RunningCommand StartProgram(string program, string[] args) => new(Process.Start(
        new ProcessStartInfo(program, args)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);

    /// <summary>Gives it all of its input. A command that does not read it is not disturbed by it.</summary>
    public async Task TypeAsync(string input)
    {
        try
        {
            await _process.StandardInput.WriteAsync(input);
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already.
        }
    }

    /// <summary>Waits for a line that begins so, on either output.</summary>
    public async Task HearAsync(string start)
    {
        using var limit = new CancellationTokenSource(Patience);
        await foreach (var line in _lines.Reader.ReadAllAsync(limit.Token))
        {
            if (line.StartsWith(start, StringComparison.Ordinal)) return;
        }

        throw new InvalidOperationException($"It never said “{start}”: {Said}");
    }

    public Task SignalAsync(string signal) =>
        Shell.RunAsync("kill", $"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture));

    /// <summary>The exit code, and all that it said.</summary>
    public async Task<(int ExitCode, string Said)> EndAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(limit.Token);
        return (_process.ExitCode, Said);
    }

    /// <summary>The server key among what <c>livechat key create</c> said: its two outputs come in any order.</summary>
    public static string KeyIn(string said) =>
        said.Split('\n').Single(static line => line.StartsWith("lcs_", StringComparison.Ordinal));

    public ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
        return ValueTask.CompletedTask;
    }

    private string Said
    {
        get
        {
            lock (_said) return _said.ToString();
        }
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        lock (_said) _said.Append(line).Append('\n');
        _lines.Writer.TryWrite(line);
    }
}
