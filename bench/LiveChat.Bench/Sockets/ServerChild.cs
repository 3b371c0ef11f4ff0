using System.Diagnostics;
using System.Globalization;

namespace LiveChat.Bench.Sockets;

/// <summary>
/// A server in a process of its own: this program again, with a word that says which. What it uses is read from
/// <c>/proc</c>, as an operator would.
/// </summary>
internal sealed class ServerChild : IAsyncDisposable
{
    /// <summary>The line of a server's banner that says where it listens.</summary>
    public const string UrlWord = "  url ";

    private const string Anywhere = "http://127.0.0.1:0";
    private static readonly TimeSpan StartWithin = TimeSpan.FromMinutes(3); // A keyspace takes its time.
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(60);

    /// <summary>This program, also when the runtime's own started it.</summary>
    public static readonly string Self = Path.ChangeExtension(typeof(ServerChild).Assembly.Location, null);

    private readonly Process _process;

    private ServerChild(Process process, Uri endpoint) => (_process, Endpoint) = (process, endpoint);

    public Uri Endpoint { get; }

    public int ProcessId => _process.Id;

    /// <summary>Processor time of all its threads, in user mode and in the kernel.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>What it keeps in memory now.</summary>
    public long ResidentBytes
    {
        get
        {
            var line = File.ReadLines($"/proc/{_process.Id}/status").First(static line => line.StartsWith("VmRSS:"));
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
                CultureInfo.InvariantCulture) * 1024;
        }
    }

    /// <param name="word">What it is to be; where to listen follows, and its output says at which port.</param>
    /// <param name="environment">What is set beside the environment of this process.</param>
    /// <param name="args">What follows the address.</param>
    public static Task<ServerChild> StartAsync(
        string word, IReadOnlyDictionary<string, string> environment, params string[] args) =>
        RunAsync(Self, environment, [word, Anywhere, .. args]);

    /// <summary>The same of another program, which takes the address first and prints the same lines.</summary>
    public static Task<ServerChild> StartProgramAsync(string program, params string[] args) =>
        RunAsync(program, new Dictionary<string, string>(), [Anywhere, .. args]);

    /// <summary>The server's side: it ends with whoever started it.</summary>
    public static async Task UntilParentEndsAsync() => await Console.In.ReadToEndAsync();

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var limit = new CancellationTokenSource(StopWithin, TimeProvider.System);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static async Task<ServerChild> RunAsync(
        string program, IReadOnlyDictionary<string, string> environment, string[] args)
    {
        var start = new ProcessStartInfo(program, args)
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var process = Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Uri? endpoint = null;
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.StartsWith(UrlWord, StringComparison.Ordinal) == true)
                endpoint = new Uri($"http://{new Uri(line.Data[UrlWord.Length..].Trim()).Authority}");
            if (line.Data?.StartsWith("Ready.", StringComparison.Ordinal) != false) ready.TrySetResult();
        };
        process.BeginOutputReadLine();
        await ready.Task.WaitAsync(StartWithin, TimeProvider.System);
        return process.HasExited
            ? throw new InvalidOperationException($"The server ended with {process.ExitCode}.")
            : new ServerChild(process, endpoint!);
    }
}
