using LiveChat.EndToEnd.Crash;
using LiveChat.Tests.Running;
using Xunit;

namespace LiveChat.EndToEnd.Draining;

/// <summary>A server is replaced under load: the old process drains, a new one starts on the same folder.</summary>
public sealed class UpgradeTests
{
    private const int Enough = 100;
    private const string Forbidden = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    private static readonly string[] Paths = ["GET /v1/realtime", "POST /v1/events", "POST /v1/poll"];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task An_upgrade_under_load_is_a_pause_to_its_users_and_no_error_to_their_applications()
    {
        using var scratch = new ScratchDirectory();
        var data = Path.Combine(scratch.Path, "data");
        await using var server = await CrashServer.StartAsync(
            data,
            CrashServer.FreeEndpoint(),
            new Dictionary<string, string> { ["LIVECHAT__DRAINSECONDS"] = "1" });
        var proxies = Paths.Select((_, best) => ProxyFor(server.Endpoint, best)).ToList();
        var loads = new List<Load>();
        try
        {
            foreach (var proxy in proxies) loads.Add(await Load.StartAsync(proxy.Url, data));
            using var stop = new CancellationTokenSource();
            var sending = Task.WhenAll(loads.Select(load => load.SendUntilAsync(stop.Token)));
            await MoreAsync(loads, sending);
            await server.StopAsync();
            await server.StartAgainAsync(data);
            await MoreAsync(loads, sending);
            await stop.CancelAsync();

            // An error that reached the application is thrown here.
            await sending;
            foreach (var (load, path) in loads.Zip(Paths))
            {
                Assert.Empty(await load.CheckAsync());
                TestContext.Current.TestOutputHelper?.WriteLine(
                    $"{path}: longest pause of a user {load.LongestPause.TotalSeconds:N1} s, "
                    + $"{load.Acknowledged} acknowledged.");
            }
        }
        finally
        {
            foreach (var load in loads) await load.DisposeAsync();
            foreach (var proxy in proxies) await proxy.DisposeAsync();
        }
    }

    /// <summary>Lets through this transport and the lesser ones.</summary>
    private static FaultProxy ProxyFor(Uri server, int best) => new(server)
    {
        Screen = line => Paths[..best].Any(path => line.StartsWith(path, StringComparison.Ordinal)) ? Forbidden : null,
    };

    /// <summary>Waits until each load was acknowledged so many messages more.</summary>
    private static async Task MoreAsync(List<Load> loads, Task sending)
    {
        var goals = loads.ConvertAll(static load => load.Acknowledged + Enough);
        using var limit = new CancellationTokenSource(Patience);
        while (loads.Zip(goals).Any(static pair => pair.First.Acknowledged < pair.Second))
        {
            if (sending.IsCompleted) await sending;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }
    }
}
