using System.Text;
using LiveChat.Protocol;
using Xunit;
using static LiveChat.Tests.Server.Gateway.ClientFrames;

namespace LiveChat.Tests.Server.Gateway;

/// <summary>The endpoint as a client sees it that keeps to no rule: real sockets, byte by byte.</summary>
public sealed class WebSocketTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private const StringComparison Exactly = StringComparison.Ordinal;
    private const string Poke = "{\"type\":\"poke\"}";

    public static TheoryData<string, byte[], int> Violations() => new()
    {
        { "unmasked", Frame(Text, [0x61], masked: false), (int)CloseCode.ProtocolError },
        { "reserved bit", Frame(Text, [0x61], reserved: 4), (int)CloseCode.ProtocolError },
        { "reserved opcode", Frame(3, []), (int)CloseCode.ProtocolError },
        { "long ping", Frame(Ping, new byte[126]), (int)CloseCode.ProtocolError },
        { "ping in pieces", Frame(Ping, [1], final: false), (int)CloseCode.ProtocolError },
        { "close of one byte", Frame(Close, [3]), (int)CloseCode.ProtocolError },
        { "close with 1005", CloseWith(1005), (int)CloseCode.ProtocolError },
        { "continuation of nothing", Frame(Continuation, [0x61]), (int)CloseCode.ProtocolError },
        { "text within", [.. Frame(Text, [0x61], final: false), .. Message("b")], (int)CloseCode.ProtocolError },
        { "no UTF-8", Frame(Text, [0x22, 0xC3, 0x28, 0x22]), (int)CloseCode.InvalidPayload },
        { "reason no UTF-8", CloseWith(1000, [0xFF]), (int)CloseCode.InvalidPayload },
        { "binary", Frame(Binary, [1, 2, 3]), (int)CloseCode.UnsupportedData },
        { "too long", Frame(Text, [], length: 1UL << 40), (int)CloseCode.MessageTooBig },
        { "2^63", Frame(Text, [], lengthBytes: 8, length: 1UL << 63), (int)CloseCode.ProtocolError },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task A_violation_closes_the_one_connection_with_its_code(string name, byte[] bytes, int code)
    {
        using var witness = await RawSocket.ConnectAsync(shared.Server, "witness");
        using var socket = await RawSocket.ConnectAsync(shared.Server, "ann");
        await socket.SendAsync([.. bytes, .. Message(Poke)]);
        Assert.Equal((code, 0), await socket.ClosedAsync());
        await witness.SendAsync(Frame(Ping, Encoding.UTF8.GetBytes(name)));
        Assert.Equal(name, Encoding.UTF8.GetString((await witness.NextAsync())!.Value.Payload));
    }

    [Fact]
    public async Task A_ping_is_answered_with_what_it_said_also_within_a_message()
    {
        using var socket = await RawSocket.ConnectAsync(shared.Server, "ann");
        foreach (var length in (int[])[0, 1, 125])
        {
            var said = Enumerable.Range(1, length).Select(i => (byte)i).ToArray();
            await socket.SendAsync(
                [.. Frame(Text, [0x20], final: false), .. Frame(Ping, said), .. Frame(Continuation, [0x20])]);
            var (opcode, payload) = (await socket.NextAsync())!.Value;
            Assert.Equal(Pong, opcode);
            Assert.Equal(said, payload);
        }
    }

    [Theory]
    [InlineData(Ping)]
    [InlineData(Pong)]
    [InlineData(Text)]
    public async Task A_flood_of_frames_that_say_nothing_is_too_fast(int opcode)
    {
        using var socket = await RawSocket.ConnectAsync(shared.Server, "ann");
        var flood = Enumerable.Repeat(Frame(opcode, []), 5_000).SelectMany(frame => frame).ToArray();
        await socket.SendAsync(flood);
        Assert.Equal((int)CloseCode.RateLimited, (await socket.ClosedAsync()).Code);
    }

    [Fact]
    public async Task A_close_is_answered_and_what_comes_after_it_is_ignored()
    {
        using var socket = await RawSocket.ConnectAsync(shared.Server, "ann");
        await socket.SendAsync([.. CloseWith(1000), .. Frame(Ping, [1]), .. Message("{"), .. CloseWith(1000)]);
        Assert.Equal(((int)CloseCode.Normal, 0), await socket.ClosedAsync());
    }

    [Fact]
    public async Task Whoever_never_answers_a_close_is_cut()
    {
        using var socket = await RawSocket.ConnectAsync(shared.Server, "ann");
        await socket.SendAsync(Frame(Binary, [1]));
        Assert.True(await socket.IsCutAsync());
    }

    [Fact]
    public async Task The_handshake_is_answered_as_the_standard_says()
    {
        using var socket = await RawSocket.OpenAsync(shared.Server.Url);
        Assert.StartsWith("HTTP/1.1 101 ", socket.Answer, Exactly);

        // The example of RFC 6455 section 1.3.
        Assert.Contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", socket.Answer, Exactly);
        Assert.Contains("Sec-WebSocket-Protocol: livechat.v1.json\r\n", socket.Answer, Exactly);
        Assert.DoesNotContain("Extensions", socket.Answer, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8", 426)]
    [InlineData("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 400)]
    [InlineData("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j", 400)]
    [InlineData("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZ!==", 400)]
    [InlineData("Upgrade: websocket", "Upgrade: websocket\r\nUpgrade: websocket", 400)]
    [InlineData("Upgrade: websocket", "Upgrade: h2c", 400)]
    [InlineData("Connection: keep-alive, Upgrade", "Connection: keep-alive", 400)]
    [InlineData("other, livechat.v1.json", "livechat.v1.jsonx", 400)]
    [InlineData("GET ", "POST ", 405)]
    public async Task A_broken_handshake_is_refused(string part, string instead, int status)
    {
        using var socket = await RawSocket.OpenAsync(
            shared.Server.Url, request => request.Replace(part, instead, Exactly));
        Assert.StartsWith($"HTTP/1.1 {status} ", socket.Answer, Exactly);
        if (status == 426)
            Assert.Contains("Sec-WebSocket-Version: 13\r\n", socket.Answer, Exactly);
    }

    [Theory]
    [InlineData(200, 10)]
    [InlineData(1, 40_000)]
    public async Task Headers_are_limited(int count, int length)
    {
        var headers = string.Concat(Enumerable.Range(0, count).Select(i => $"X-{i}: {new string('x', length)}\r\n"));
        using var socket = await RawSocket.OpenAsync(
            shared.Server.Url,
            request => request.Replace("Upgrade: websocket\r\n", $"Upgrade: websocket\r\n{headers}", Exactly));
        Assert.StartsWith("HTTP/1.1 431 ", socket.Answer, Exactly);
    }
}
