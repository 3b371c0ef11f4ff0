using System.Net.Sockets;
using System.Text;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server.Api;
using Xunit;

namespace LiveChat.Tests.Server.Gateway;

/// <summary>Connections that have not signed in: so many of an address, for so long, whatever they do.</summary>
public sealed class AddressGateTests
{
    private const string NoProxy = "--LiveChat:Connections:TrustedProxies=";
    private const string Few = "--LiveChat:Connections:UnsignedPerAddress=3";
    private const string One = "--LiveChat:Connections:UnsignedPerAddress=1";
    private const string Brief = "--LiveChat:Connections:UnsignedSeconds=1";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task One_too_many_of_an_address_is_closed_and_the_place_of_one_that_ends_is_free_again()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder(), NoProxy, Few);
        var clients = new List<TcpClient>();
        for (var i = 0; i < 4; i++) clients.Add(await OpenAsync(server));
        var ends = clients.Select(EndAsync).ToList();
        var closed = await Task.WhenAny(ends).WaitAsync(Patience, TimeProvider.System);
        Assert.Equal(1, ends.Count(static end => end.IsCompleted));

        // One that goes makes room; the server notices it when it does.
        clients[(ends.IndexOf(closed) + 1) % clients.Count].Close();
        for (var tries = 0; ; tries++)
        {
            Assert.True(tries < 1_000, "No place became free.");
            using var next = await OpenAsync(server, "GET /v1/meta HTTP/1.0\r\n\r\n");
            var answer = await EndAsync(next).WaitAsync(Patience, TimeProvider.System);
            if (answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal)) break;
        }

        foreach (var client in clients) client.Dispose();
        await Task.WhenAll(ends);
    }

    [Fact]
    public async Task Whoever_signs_in_gives_the_place_to_the_next()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder(), NoProxy, One);
        var held = new List<IDisposable>();
        for (var i = 0; i < 4; i++)
        {
            // Answered once the first frame was dealt with to its end.
            var socket = await server.ConnectAsync($"user-{i}");
            held.Add(socket);
            await socket.AskAsync(new ChatsGet());
            var http = new ApiClient(server, $"user-{i}");
            held.Add(http);
            await http.DoneAsync("GET", "/v1/chats");
        }

        foreach (var connection in held) connection.Dispose();
    }

    [Fact]
    public async Task Whoever_has_signed_in_stays()
    {
        await using var server = await TestServer.StartAsync(
            TestServer.NewFolder(), NoProxy, "--LiveChat:Connections:UnsignedSeconds=5");
        using var member = await server.ConnectAsync("ann");
        using var client = await OpenAsync(server);
        await EndAsync(client).WaitAsync(Patience, TimeProvider.System);

        // The member came before.
        await member.AskAsync(new ChatsGet());
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET /v1/meta HT")]
    [InlineData("GET /v1/meta HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST /v1/dev HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n{")]
    public async Task A_connection_that_does_not_sign_in_is_cut_whatever_it_does(string request)
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder(), NoProxy, Brief);
        using var client = await OpenAsync(server, request);
        await EndAsync(client).WaitAsync(Patience, TimeProvider.System);
    }

    [Fact]
    public async Task One_that_asks_for_documents_and_reads_none_is_cut_too()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder(), NoProxy, Brief);
        using var client = new TcpClient { ReceiveBufferSize = 4_096 };
        await client.ConnectAsync(server.Url.Host, server.Url.Port);
        var request = Encoding.ASCII.GetBytes("GET /openapi/v1.json HTTP/1.1\r\nHost: a\r\n\r\n");
        using var limit = new CancellationTokenSource(Patience);
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (true) await client.GetStream().WriteAsync(request, limit.Token);
        });
    }

    [Fact]
    public async Task Behind_a_proxy_the_address_counts_that_it_names_last()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder(), One);
        using var first = await ForwardedAsync(server, "203.0.113.7");
        Assert.StartsWith("HTTP/1.1 101", first.Answer, StringComparison.Ordinal);
        foreach (var (forwarded, status) in ((string?, int)[])[
            ("203.0.113.7", 429), ("198.51.100.1, 203.0.113.7", 429), ("203.0.113.7, 127.0.0.1", 429),
            ("203.0.113.7, 198.51.100.1", 101), ("2001:db8:1:2::1", 101), (null, 101), ("nonsense", 101)])
        {
            using var next = await ForwardedAsync(server, forwarded);
            Assert.StartsWith($"HTTP/1.1 {status}", next.Answer, StringComparison.Ordinal);
            if (status == 429) Assert.Contains("Retry-After: ", next.Answer, StringComparison.Ordinal);
        }

        using var v6 = await ForwardedAsync(server, "2001:db8:1:3::1");
        using var same = await ForwardedAsync(server, "2001:db8:1:3:4::2");
        Assert.StartsWith("HTTP/1.1 429", same.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_is_no_proxy_is_not_believed()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder(), NoProxy, One);
        using var first = await ForwardedAsync(server, "203.0.113.7");
        Assert.StartsWith("HTTP/1.1 101", first.Answer, StringComparison.Ordinal);
        using var second = await OpenAsync(
            server, "GET /v1/meta HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.1\r\n\r\n");
        Assert.Equal("", await EndAsync(second).WaitAsync(Patience, TimeProvider.System));
    }

    [Theory]
    [InlineData("TrustedProxies")]
    [InlineData("Exempt")]
    public async Task A_range_that_is_none_stops_the_server_before_it_starts(string option)
    {
        await using var server = await TestServer.StartAsync(
            TestServer.NewFolder(), $"--LiveChat:Connections:{option}=10.0.0.0/8,proxy");
        Assert.Equal(2, await server.Exit);
        Assert.Contains($"Connections:{option} has proxy", server.Errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_exempt_has_no_limit()
    {
        await using var server = await TestServer.StartAsync(
            TestServer.NewFolder(), NoProxy, One, "--LiveChat:Connections:Exempt=127.0.0.1");
        for (var i = 0; i < 5; i++)
            Assert.StartsWith(
                "HTTP/1.1 101", (await ForwardedAsync(server, null)).Answer, StringComparison.Ordinal);
    }

    private static Task<RawSocket> ForwardedAsync(TestServer server, string? address) => RawSocket.OpenAsync(
        server.Url,
        request => address is null
            ? request
            : request.Replace(
                "Upgrade: websocket\r\n",
                $"Upgrade: websocket\r\nX-Forwarded-For: {address}\r\n",
                StringComparison.Ordinal));

    private static async Task<TcpClient> OpenAsync(TestServer server, string request = "")
    {
        var client = new TcpClient();
        try
        {
            await client.ConnectAsync(server.Url.Host, server.Url.Port);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        }
        catch (Exception refused) when (refused is IOException or SocketException)
        {
            // The server was faster: it may cut a connection before this side knows that it has one.
        }

        return client;
    }

    /// <summary>Reads to the end, whoever ends it: what came.</summary>
    private static async Task<string> EndAsync(TcpClient client)
    {
        var answer = new StringBuilder();
        var buffer = new byte[4_096];
        try
        {
            while (await client.GetStream().ReadAsync(buffer) is > 0 and var count)
                answer.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
        catch (Exception cut) when (cut is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut, or closed here.
        }

        return answer.ToString();
    }
}
