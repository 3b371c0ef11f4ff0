using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LiveChat.EndToEnd.Crash;

/// <summary>A real server in a process of its own, which can be killed, frozen and started again.</summary>
internal sealed class CrashServer : IAsyncDisposable
{
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan ExitWithin = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly StringBuilder _said;

    private CrashServer(Process process, Uri endpoint, StringBuilder said)
    {
        (_process, _said) = (process, said);
        Endpoint = endpoint;
    }

    public Uri Endpoint { get; }

    /// <summary>What it keeps in memory now.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>An address that nobody listens on now; servers of one test take turns on it.</summary>
    public static Uri FreeEndpoint()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }

    /// <param name="data">The data folder.</param>
    /// <param name="endpoint">Where to listen.</param>
    /// <param name="environment">What is set beside the environment of the tests.</param>
    /// <exception cref="InvalidOperationException">It did not get ready; the message is what it said.</exception>
    public static async Task<CrashServer> StartAsync(
        string data, Uri endpoint, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "livechat.dll"), "serve", "--data", data,
                "--listen", endpoint.GetLeftPart(UriPartial.Authority)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The images are small, and the load is one user's typing at the speed of a machine.
        start.Environment["LIVECHAT__RESERVEBYTES"] = "0";
        start.Environment["LIVECHAT__RATES__USERPERSECOND"] = "10000";
        start.Environment["LIVECHAT__RATES__USERBURST"] = "10000";
        start.Environment["LIVECHAT__RATES__CHATPERSECOND"] = "10000";
        start.Environment["LIVECHAT__RATES__CHATBURST"] = "10000";

        // Most of it goes one way, and nothing is answered.
        start.Environment["LIVECHAT__INGEST__UNANSWEREDMESSAGESMAX"] = "0";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
        var said = new StringBuilder();
        var ready = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var ended = process.WaitForExitAsync();
        await Task.WhenAny(ready.Task, ended).WaitAsync(StartWithin);
        if (ready.Task.IsCompletedSuccessfully)
            return new CrashServer(process, endpoint, said);
        process.WaitForExit();
        process.Dispose();
        lock (said)
            throw new InvalidOperationException($"The server did not start: {said}");

        void Hear(string? line)
        {
            lock (said)
                said.AppendLine(line);
            if (line?.StartsWith("Ready.", StringComparison.Ordinal) == true)
                ready.TrySetResult(true);
        }
    }

    /// <summary>Waits for the end that it comes to by itself: the exit code, and all that it said.</summary>
    public async Task<(int ExitCode, string Said)> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(ExitWithin, TimeProvider.System);
        lock (_said)
            return (_process.ExitCode, _said.ToString());
    }

    /// <summary>SIGTERM: the server drains and ends by itself.</summary>
    public Task TerminateAsync() =>
        Shell.RunAsync("kill", "-TERM", _process.Id.ToString(CultureInfo.InvariantCulture));

    /// <summary>SIGKILL, also of a frozen process.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and its orderly end.</summary>
    public async Task StopAsync()
    {
        await Shell.RunAsync("kill", "-TERM", _process.Id.ToString(CultureInfo.InvariantCulture));
        var (code, said) = await ExitAsync();
        if (code != 0) throw new InvalidOperationException($"The server ended with {code}: {said}");
    }

    /// <summary>SIGSTOP: from when it returns the process runs no more.</summary>
    public async Task FreezeAsync()
    {
        var id = _process.Id.ToString(CultureInfo.InvariantCulture);
        await Shell.RunAsync("kill", "-STOP", id);
        for (var i = 0; i < 1000; i++)
        {
            var status = await File.ReadAllTextAsync($"/proc/{id}/stat");
            if (status[(status.LastIndexOf(')') + 2)..].StartsWith('T'))
                return;

            // A busy machine takes its time to get to all of the process's threads.
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        throw new InvalidOperationException("The server does not stand still.");
    }

    /// <summary>SIGCONT: it goes on where it stood.</summary>
    public Task ThawAsync() => Shell.RunAsync("kill", "-CONT", _process.Id.ToString(CultureInfo.InvariantCulture));

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }
}
