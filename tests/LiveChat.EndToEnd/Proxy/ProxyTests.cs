using System.Net;
using System.Net.WebSockets;
using LiveChat.EndToEnd.Crash;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.EndToEnd.Proxy;

/// <summary>Through each proxy that deploy/ has a configuration for, a session does the same over every transport, with
/// TLS.</summary>
public sealed class ProxyTests(ProxiedServer server) : IClassFixture<ProxiedServer>
{
    private const string Route = "0123456789abcdef";

    public static MatrixTheoryData<string, string> All =>
        new(["nginx", "haproxy", "caddy"], ["websocket", "events", "poll"]);

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_session_is_told_of_messages_at_once_and_sends_its_own(string proxy, string transport)
    {
        await Requirement.ProgramAsync(proxy, proxy, proxy == "caddy" ? "version" : "-v");
        var address = await server.BehindAsync(proxy);
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => server.IsOurs(shown);
        using var http = new HttpClient(handler) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
        using var ann = await ConnectAsync(new Uri($"ws://{server.Direct.Authority}/v1/realtime"), "ann");
        var user = $"bob-{proxy}-{transport}";
        var chat = (await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = user })).Chat;

        // Each answer is there while its stream or its poll is held: nothing on the way keeps it back.
        if (transport == "websocket")
        {
            using var bob = await ConnectAsync(
                new Uri($"wss://localhost:{address.Port}/v1/realtime?route={Route}"), user);
            await ann.AckAsync(TestSocket.Message(chat, "to bob"));
            Assert.Equal("to bob", (await bob.NextAsync<MessageCreated>()).Body!.Text);
            await bob.AckAsync(TestSocket.Message(chat, "to ann"));
        }
        else
        {
            using var bob = new RequestDevice(http, Route);
            await bob.ConnectAsync(server.Token(user), byStream: transport == "events");
            await ann.AckAsync(TestSocket.Message(chat, "to bob"));
            Assert.Equal("to bob", (await bob.NextAsync<MessageCreated>()).Body!.Text);
            await bob.SendAsync(TestSocket.Message(chat, "to ann") with { Id = 7 });
            await bob.NextAsync<Ack>(static ack => ack.Re == 7);
        }

        var heard = await ann.NextAsync<MessageCreated>(static message => message.Body!.Text == "to ann");
        Assert.Equal((chat, user), (heard.Chat, heard.Sender));
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("haproxy")]
    [InlineData("caddy")]
    public async Task What_is_too_large_is_refused_and_answers_ask_for_TLS_from_now_on(string proxy)
    {
        await Requirement.ProgramAsync(proxy, proxy, proxy == "caddy" ? "version" : "-v");
        using var handler = new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(1) };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => server.IsOurs(shown);
        using var http = new HttpClient(handler) { BaseAddress = await server.BehindAsync(proxy) };
        using var answer = await http.GetAsync(new Uri("/v1/meta", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("max-age=31536000", answer.Headers.GetValues("Strict-Transport-Security").Single());

        // A proxy that refuses closes without reading, so nothing is sent before it has answered.
        using var large = new HttpRequestMessage(HttpMethod.Post, "/v1/poll")
        {
            Content = new ByteArrayContent(new byte[100_000]),
            Headers = { ExpectContinue = true },
        };
        using var refused = await http.SendAsync(large);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
        using var elsewhere = await http.GetAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Contains(elsewhere.StatusCode, (HttpStatusCode[])[HttpStatusCode.NotFound, HttpStatusCode.Forbidden]);
    }

    private async Task<TestSocket> ConnectAsync(Uri address, string user)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("livechat.v1.json");
        socket.Options.RemoteCertificateValidationCallback = (_, shown, _, _) => server.IsOurs(shown);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await socket.ConnectAsync(address, limit.Token);
        var device = new TestSocket(socket) { Patience = TimeSpan.FromMinutes(2) };
        await device.ConnectAsync(server.Token(user));
        return device;
    }
}
