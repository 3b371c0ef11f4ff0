using System.Diagnostics;
using System.Globalization;
using System.Text;
using LiveChat.Tests.Running;

namespace LiveChat.EndToEnd.Crash;

/// <summary>A real server in a process of its own, which can be killed, frozen and started again.</summary>
internal sealed class CrashServer : IAsyncDisposable
{
    private static readonly TimeSpan StartWithin = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan ExitWithin = TimeSpan.FromMinutes(3);

    /// <summary>The program of the build that the tests are of.</summary>
    public static readonly string ThisBuild = Path.Combine(AppContext.BaseDirectory, "livechat.dll");

    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly StringBuilder _said = new();
    private Process? _process;

    private CrashServer(Uri endpoint, IReadOnlyDictionary<string, string>? environment)
    {
        Endpoint = endpoint;
        _environment = environment ?? new Dictionary<string, string>();
    }

    public Uri Endpoint { get; }

    /// <summary>The program that its next start runs.</summary>
    public string Program { get; set; } = ThisBuild;

    /// <summary>What it keeps in memory now.</summary>
    public long ResidentBytes
    {
        get
        {
            Process.Refresh();
            return Process.WorkingSet64;
        }
    }

    private Process Process => _process ?? throw new InvalidOperationException("It was never started.");

    private string ProcessId => Process.Id.ToString(CultureInfo.InvariantCulture);

    /// <summary>An address that nobody listens on now; servers of one test take turns on it.</summary>
    public static Uri FreeEndpoint() => new($"http://127.0.0.1:{FreePorts.ForServer()}");

    /// <param name="data">The data folder.</param>
    /// <param name="endpoint">Where to listen.</param>
    /// <param name="environment">What is set beside the environment of the tests.</param>
    /// <param name="within">How long it may take to get ready.</param>
    /// <exception cref="InvalidOperationException">It did not get ready; the message is what it said.</exception>
    public static Task<CrashServer> StartAsync(
        string data,
        Uri endpoint,
        IReadOnlyDictionary<string, string>? environment = null,
        TimeSpan? within = null) =>
        SetUp.OrEndAsync(NotStarted(endpoint, environment), server => server.StartAgainAsync(data, within));

    /// <summary>A server that <see cref="StartAgainAsync"/> starts.</summary>
    public static CrashServer NotStarted(Uri endpoint, IReadOnlyDictionary<string, string>? environment = null) =>
        new(endpoint, environment);

    /// <summary>Starts it at its address once the one before has ended.</summary>
    /// <exception cref="InvalidOperationException">It did not get ready; the message is what it said.</exception>
    public async Task StartAgainAsync(string data, TimeSpan? within = null)
    {
        _process?.Dispose();
        lock (_said) _said.Clear();
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process = Process.Start(StartOf(data)) ?? throw new InvalidOperationException("dotnet did not start.");
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Task.WhenAny(ready.Task, _process.WaitForExitAsync())
            .WaitAsync(within ?? StartWithin, TimeProvider.System);
        if (ready.Task.IsCompletedSuccessfully) return;
        _process.WaitForExit();
        lock (_said) throw new InvalidOperationException($"The server did not start: {_said}");

        void Hear(string? line)
        {
            lock (_said) _said.AppendLine(line);
            if (line?.StartsWith("Ready.", StringComparison.Ordinal) == true) ready.TrySetResult();
        }
    }

    /// <summary>Waits for the end that it comes to by itself: the exit code, and all that it said.</summary>
    public async Task<(int ExitCode, string Said)> ExitAsync()
    {
        await Process.WaitForExitAsync().WaitAsync(ExitWithin, TimeProvider.System);
        lock (_said) return (Process.ExitCode, _said.ToString());
    }

    /// <summary>All that its present run has said so far.</summary>
    public string Said
    {
        get
        {
            lock (_said) return _said.ToString();
        }
    }

    /// <summary>SIGTERM: the server drains and ends by itself.</summary>
    public Task TerminateAsync() => Shell.RunAsync("kill", "-TERM", ProcessId);

    /// <summary>SIGKILL, also of a frozen process.</summary>
    public async Task KillAsync()
    {
        Process.Kill();
        await Process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and its orderly end.</summary>
    public async Task StopAsync()
    {
        await TerminateAsync();
        var (code, said) = await ExitAsync();
        if (code != 0) throw new InvalidOperationException($"The server ended with {code}: {said}");
    }

    /// <summary>SIGSTOP: from when it returns the process runs no more.</summary>
    public async Task FreezeAsync()
    {
        await Shell.RunAsync("kill", "-STOP", ProcessId);
        for (var i = 0; i < 1000; i++)
        {
            var status = await File.ReadAllTextAsync($"/proc/{ProcessId}/stat");
            if (status[(status.LastIndexOf(')') + 2)..].StartsWith('T'))
                return;

            // A busy machine takes its time to get to all of the process's threads.
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        throw new InvalidOperationException("The server does not stand still.");
    }

    /// <summary>SIGCONT: it goes on where it stood.</summary>
    public Task ThawAsync() => Shell.RunAsync("kill", "-CONT", ProcessId);

    public async ValueTask DisposeAsync()
    {
        if (_process is null) return;
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
        _process = null;
    }

    private ProcessStartInfo StartOf(string data)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [Program, "serve", "--data", data, "--listen", Endpoint.GetLeftPart(UriPartial.Authority)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // The images are small.
        start.Environment["LIVECHAT__RESERVEBYTES"] = "0";

        // The load is one user's typing at the speed of a machine.
        start.Environment["LIVECHAT__RATES__USERPERSECOND"] = "10000";
        start.Environment["LIVECHAT__RATES__USERBURST"] = "10000";
        start.Environment["LIVECHAT__RATES__CHATPERSECOND"] = "10000";
        start.Environment["LIVECHAT__RATES__CHATBURST"] = "10000";

        // After each crash one user reads everything again.
        start.Environment["LIVECHAT__RATES__READROWSPERSECOND"] = "1000000";
        start.Environment["LIVECHAT__RATES__READROWSBURST"] = "10000000";

        // Most of it goes one way, and nothing is answered.
        start.Environment["LIVECHAT__INGEST__UNANSWEREDMESSAGESMAX"] = "0";
        foreach (var (name, value) in _environment) start.Environment[name] = value;
        return start;
    }
}
