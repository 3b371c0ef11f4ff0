using LiveChat.EndToEnd.Crash;

namespace LiveChat.EndToEnd.Alerts;

/// <summary>A real server with an internal address.</summary>
internal sealed class ScrapedServer : IAsyncDisposable
{
    private ScrapedServer(CrashServer server, string data, Uri inner) => (Server, Data, Inner) = (server, data, inner);

    public CrashServer Server { get; }

    public string Data { get; }

    /// <summary>Where it is scraped.</summary>
    public Uri Inner { get; }

    public static async Task<ScrapedServer> StartAsync(string scratch)
    {
        var (data, inner) = (Path.Combine(scratch, "data"), CrashServer.FreeEndpoint());
        var server = await CrashServer.StartAsync(
            data,
            CrashServer.FreeEndpoint(),
            new Dictionary<string, string> { ["LIVECHAT__INTERNAL"] = inner.GetLeftPart(UriPartial.Authority) });
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

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
