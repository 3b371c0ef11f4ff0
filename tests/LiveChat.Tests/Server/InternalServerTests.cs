using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace LiveChat.Tests.Server;

/// <summary>What operators ask, and that nobody else can. Not beside other tests: their servers count in this process
/// under the same names, and when one ends the numbers of that name end for all.</summary>
[Collection(nameof(InternalServerTests))]
[CollectionDefinition(nameof(InternalServerTests), DisableParallelization = true)]
public sealed class InternalServerTests
{
    private static readonly string[] Paths = ["/livez", "/readyz", "/metrics"];

    [Fact]
    public async Task Health_and_metrics_are_on_the_internal_port_alone()
    {
        var address = TestServer.FreeAddress();
        await using var server = await TestServer.StartAsync(TestServer.NewFolder(), "--internal", address.ToString());
        using var user = await server.ConnectAsync("nobody-elses-business");
        using var http = new HttpClient();
        foreach (var path in Paths)
        {
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(address, path))).StatusCode);
            using var direct = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Url, path));
            Assert.Equal(HttpStatusCode.NotFound, (await http.SendAsync(direct)).StatusCode);

            // Whoever names the internal address on the public port gets no further.
            using var disguised = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Url, path));
            disguised.Headers.Host = address.Authority;
            Assert.Equal(HttpStatusCode.NotFound, (await http.SendAsync(disguised)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri(address, "/v1/meta"))).StatusCode);
        var metrics = await http.GetStringAsync(new Uri(address, "/metrics"));
        Assert.Matches("(?m)^livechat_sessions[^ ]* 1\\b", metrics);
        foreach (var name in (string[])["livechat_commands_pending", "livechat_outboxes_size", "kestrel_", "dotnet_"])
            Assert.Contains(name, metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("nobody-elses-business", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_goes_away_is_not_ready()
    {
        var address = TestServer.FreeAddress();
        var server = await TestServer.StartAsync(
            TestServer.NewFolder(), "--internal", address.ToString(), "--LiveChat:DrainSeconds=30");
        using var http = new HttpClient();
        var ready = new Uri(address, "/readyz");
        Assert.Equal("ok\n", await http.GetStringAsync(ready));

        // A connection that says nothing keeps the server from ending at once.
        using var silent = new TcpClient();
        await silent.ConnectAsync(server.Url.Host, server.Url.Port);
        await silent.GetStream().WriteAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n"));
        var stopping = server.StopAsync();
        var last = HttpStatusCode.OK;
        try
        {
            while (last == HttpStatusCode.OK) last = (await http.GetAsync(ready)).StatusCode;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, last);
        }
        catch (HttpRequestException)
        {
            // It was gone before it was asked again: not ready either.
        }

        silent.Close();
        Assert.Equal(0, await stopping);
        await server.DisposeAsync();
    }
}
