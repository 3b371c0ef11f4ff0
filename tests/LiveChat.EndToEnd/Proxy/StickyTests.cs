using System.Net;
using System.Net.WebSockets;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Proxy;

/// <summary>Behind each proxy that deploy/ has a configuration for, a user's sessions come to one server, and the limit
/// of an address is that of the client's.</summary>
public sealed class StickyTests
{
    private const int Users = 24;
    private const int Staying = 6;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static TheoryData<string> Proxies => ["nginx", "haproxy", "caddy"];

    [Theory]
    [InlineData("nginx", 2)]
    [InlineData("nginx", 3)]
    [InlineData("haproxy", 3)]
    [InlineData("caddy", 3)]
    public async Task A_user_stays_at_a_server_and_the_loss_of_one_moves_only_its_users(string proxy, int count)
    {
        await Requirement.ProgramAsync(proxy, proxy, proxy == "caddy" ? "version" : "-v");
        await using var servers = new StickyServers();
        await servers.StartAsync(proxy, count);
        var epochs = await servers.EpochsAsync();
        using var http = servers.NewClient();
        var users = Enumerable.Range(0, Users).Select(static i => $"user-{i}").ToList();
        var homes = new Dictionary<string, string>();
        foreach (var user in users)
        {
            homes[user] = await EpochAsync(servers, http, user);
            Assert.Equal(homes[user], await EpochAsync(servers, http, user));
        }

        Assert.Equal(epochs.Order(), homes.Values.Distinct().Order());
        var devices = new List<RequestDevice>();
        try
        {
            foreach (var user in users.Where(user => homes[user] != epochs[1]).Take(Staying))
            {
                devices.Add(new RequestDevice(http, StickyServers.RouteOf(user)));
                await devices[^1].ConnectAsync(servers.Token(user), byStream: false);
            }

            await servers.LoseAsync(1);

            // The sessions of the others are still there.
            foreach (var device in devices) await device.AskAsync();
            foreach (var user in users)
            {
                var found = await FoundAsync(servers, http, user, lost: epochs[1]);
                if (homes[user] != epochs[1]) Assert.Equal(homes[user], found);
            }
        }
        finally
        {
            foreach (var device in devices) device.Dispose();
        }
    }

    [Theory]
    [MemberData(nameof(Proxies))]
    public async Task An_address_has_its_own_limit_whatever_it_says_of_itself(string proxy)
    {
        await Requirement.ProgramAsync(proxy, proxy, proxy == "caddy" ? "version" : "-v");
        await using var servers = new StickyServers();
        await servers.StartAsync(proxy, count: 1, new Dictionary<string, string>
        {
            ["LIVECHAT__CONNECTIONS__TRUSTEDPROXIES"] = "127.0.0.1/32",
            ["LIVECHAT__CONNECTIONS__UNSIGNEDPERADDRESS"] = "2",
            ["LIVECHAT__SESSIONS__CONNECTSECONDS"] = "60",
            ["LIVECHAT__CONNECTIONS__UNSIGNEDSECONDS"] = "600",
        });
        var open = new List<ClientWebSocket>();
        try
        {
            Assert.Equal(HttpStatusCode.SwitchingProtocols, await UpgradeAsync("127.0.0.2"));
            Assert.Equal(HttpStatusCode.SwitchingProtocols, await UpgradeAsync("127.0.0.2"));
            Assert.Equal(HttpStatusCode.TooManyRequests, await UpgradeAsync("127.0.0.2"));
            Assert.Equal(HttpStatusCode.TooManyRequests, await UpgradeAsync("127.0.0.2", says: "10.9.9.9"));
            Assert.Equal(HttpStatusCode.SwitchingProtocols, await UpgradeAsync("127.0.0.3"));
        }
        finally
        {
            foreach (var socket in open) socket.Dispose();
        }

        async Task<HttpStatusCode> UpgradeAsync(string from, string? says = null)
        {
            using var invoker = new HttpMessageInvoker(servers.HandlerFrom(IPAddress.Parse(from)));
            var socket = new ClientWebSocket();
            open.Add(socket);
            socket.Options.AddSubProtocol("livechat.v1.json");
            socket.Options.CollectHttpResponseDetails = true;
            if (says is not null) socket.Options.SetRequestHeader("X-Forwarded-For", says);
            using var limit = new CancellationTokenSource(Patience);
            try
            {
                var address = new UriBuilder(servers.At("/v1/realtime")) { Scheme = "wss" }.Uri;
                await socket.ConnectAsync(address, invoker, limit.Token);
            }
            catch (WebSocketException)
            {
                // The status says why.
            }

            return socket.HttpStatusCode;
        }
    }

    /// <summary>The server that takes the user, once the proxy has noticed the loss.</summary>
    private static async Task<string> FoundAsync(
        StickyServers servers, HttpClient http, string user, string lost)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                var found = await EpochAsync(servers, http, user);
                Assert.NotEqual(lost, found);
                return found;
            }
            catch (HttpRequestException)
            {
                // What a client does: it comes again.
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, limit.Token);
            }
        }
    }

    private static async Task<string> EpochAsync(StickyServers servers, HttpClient http, string user)
    {
        using var device = new RequestDevice(http, StickyServers.RouteOf(user));
        return (await device.ConnectAsync(servers.Token(user), byStream: false)).Epoch;
    }
}
