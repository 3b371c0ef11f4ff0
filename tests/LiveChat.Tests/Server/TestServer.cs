using System.Net.WebSockets;
using LiveChat.Server;
using LiveChat.Server.Hosting;
using LiveChat.Tests.Running;
using Microsoft.Extensions.Logging;

namespace LiveChat.Tests.Server;

/// <summary>A server of its own on a free loopback port, with its data in a temporary folder.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    /// <summary>The option that limits a direct chat before its first answer.</summary>
    public const string Unanswered = "--LiveChat:Ingest:UnansweredMessagesMax=";

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<Uri> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task<int> _run = Task.FromResult(0);

    private TestServer(string data) => Data = data;

    public string Data { get; }

    public StringWriter Output { get; } = new();

    public StringWriter Errors { get; } = new();

    public Uri Url { get; private set; } = new("http://the.server.did.not.start");

    public static string NewFolder() =>
        Path.Combine(Path.GetTempPath(), $"livechat-test-{Convert.ToHexString(
            System.Security.Cryptography.RandomNumberGenerator.GetBytes(6))}");

    /// <summary>An address that nobody listened on a moment ago.</summary>
    public static Uri FreeAddress() => new($"http://127.0.0.1:{FreePorts.ForServer()}");

    /// <summary>A server with an internal address.</summary>
    public static async Task<(TestServer Server, Uri Internal)> StartWithInternalAsync(params string[] options)
    {
        var server = await StartAsync(NewFolder(), ["--internal", "http://127.0.0.1:0", .. options]);
        var said = server.Output.ToString().Split('\n')
            .SingleOrDefault(static line => line.StartsWith("  inner ", StringComparison.Ordinal));
        if (said is not null)
        {
            var address = new Uri(said.Split(' ')[^1]);
            await IsReadyAsync(address);
            return (server, address);
        }

        await server.DisposeAsync();
        throw new InvalidOperationException($"The server has no internal address: {server.Errors}");
    }

    /// <summary>Waits until it takes sessions: it listens a moment before.</summary>
    private static async Task IsReadyAsync(Uri address)
    {
        using var http = new HttpClient();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (true)
        {
            using var answer = await http.GetAsync(new Uri(address, "/readyz"), limit.Token);
            if (answer.IsSuccessStatusCode) return;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }

    public static Task<TestServer> StartAsync(string data, params string[] options) =>
        StartAsync(new ServerSeams(), data, options);

    /// <summary>Unless the options say otherwise, direct chats wait for no answer.</summary>
    public static async Task<TestServer> StartAsync(ServerSeams seams, string data, params string[] options)
    {
        var server = new TestServer(data);
        server._run = ServerProcess.RunAsync(
            [
                "--data", data, "--listen", "http://127.0.0.1:0", "--partitions", "4",
                .. options.Any(static option => option.StartsWith(Unanswered, StringComparison.Ordinal))
                    ? (string[])[]
                    : [Unanswered + "0"],
                .. options,
            ],
            server.Output,
            server.Errors,
            url => server._ready.TrySetResult(url),
            seams with { Logging = Listen },
            server._stop.Token);
        await Task.WhenAny(server._ready.Task, server._run);
        if (server._ready.Task.IsCompletedSuccessfully) server.Url = await server._ready.Task;
        return server;

        void Listen(ILoggingBuilder logging)
        {
            TestLog.Listen(logging);
            seams.Logging(logging);
        }
    }

    /// <summary>Ends it and returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        await _stop.CancelAsync();
        return await _run;
    }

    public Task<int> Exit => _run;

    public string Token(string user) => LiveChatServer.MintToken(Data, user, TimeSpan.FromMinutes(5));

    /// <summary>Opens a WebSocket; the options may be changed before.</summary>
    public async Task<TestSocket> OpenAsync(Action<ClientWebSocketOptions>? configure = null)
    {
        if (_run.IsCompleted) throw new InvalidOperationException($"The server ended: {Errors}");
        var socket = new ClientWebSocket();
        if (configure is null) socket.Options.AddSubProtocol("livechat.v1.json");
        else configure(socket.Options);
        socket.Options.CollectHttpResponseDetails = true;
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await socket.ConnectAsync(new Uri($"ws://{Url.Authority}/v1/realtime"), limit.Token);
        }
        catch (WebSocketException)
        {
            // The status of the answer says why.
        }

        return new TestSocket(socket);
    }

    public async Task<TestSocket> ConnectAsync(string user, string? since = null)
    {
        var socket = await OpenAsync();
        await socket.ConnectAsync(Token(user), since);
        return socket;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        if (Directory.Exists(Data)) Directory.Delete(Data, recursive: true);
    }
}
