using System.Net.WebSockets;
using LiveChat.EndToEnd.Crash;
using LiveChat.Protocol.Frames;
using LiveChat.Server;
using LiveChat.Tests.Server;

namespace LiveChat.EndToEnd.Alerts;

/// <summary>A real server with an internal address.</summary>
internal sealed class ScrapedServer : IAsyncDisposable
{
    private ScrapedServer(CrashServer server, string data, Uri inner) => (Server, Data, Inner) = (server, data, inner);

    public CrashServer Server { get; }

    public string Data { get; }

    /// <summary>Where it is scraped.</summary>
    public Uri Inner { get; }

    /// <param name="scratch">The folder for its data folder.</param>
    /// <param name="settings">What is set besides.</param>
    public static async Task<ScrapedServer> StartAsync(
        string scratch, IReadOnlyDictionary<string, string>? settings = null)
    {
        var (data, inner) = (Path.Combine(scratch, "data"), CrashServer.FreeEndpoint());
        var server = await CrashServer.StartAsync(
            data,
            CrashServer.FreeEndpoint(),
            new Dictionary<string, string>(settings ?? new Dictionary<string, string>())
            {
                ["LIVECHAT__INTERNAL"] = inner.GetLeftPart(UriPartial.Authority),

                // A loaded machine may take longer than the ten seconds for the first frame.
                ["LIVECHAT__SESSIONS__CONNECTSECONDS"] = "120",
            });
        return new ScrapedServer(server, data, inner);
    }

    /// <summary>What it exports, once this is among it: some of it is measured once a second.</summary>
    public async Task<string> MetricsAsync(string among)
    {
        using var http = new HttpClient();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            var metrics = await http.GetStringAsync(new Uri(Inner, "/metrics"), limit.Token);
            if (metrics.Contains(among, StringComparison.Ordinal)) return metrics;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);
        }
    }

    /// <summary>Two users chat and sync, one asks for what is not there.</summary>
    public async Task UseAsync()
    {
        using var ann = await ConnectAsync("ann");
        using var bob = await ConnectAsync("bob");
        var chat = (await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "bob" })).Chat;
        await ann.AckAsync(TestSocket.Message(chat, "hello"));
        await bob.NextAsync<MessageCreated>();
        await bob.AskAsync(new SyncGet());
        await bob.AskAsync(TestSocket.Message("77", "to nobody"));
        using var http = new HttpClient();
        await http.GetAsync(new Uri(Server.Endpoint, "/v1/meta"));
    }

    public async Task<TestSocket> ConnectAsync(string user)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("livechat.v1.json");
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await socket.ConnectAsync(new Uri($"ws://{Server.Endpoint.Authority}/v1/realtime"), limit.Token);
        var device = new TestSocket(socket) { Patience = TimeSpan.FromMinutes(1) };
        await device.ConnectAsync(LiveChatServer.MintToken(Data, user, TimeSpan.FromMinutes(30)));
        return device;
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
