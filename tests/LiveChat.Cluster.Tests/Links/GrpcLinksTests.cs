using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Google.Protobuf;
using LiveChat.Cluster.Links;
using LiveChat.Core.Links;
using Xunit;

namespace LiveChat.Cluster.Tests.Links;

/// <summary>Links over real sockets: who gets one, and what becomes of it on a network that fails.</summary>
public sealed class GrpcLinksTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly LinkedNodes _nodes = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync() => _nodes.DisposeAsync();

    [Fact]
    public async Task A_node_with_another_secret_gets_no_link_and_both_say_why()
    {
        var called = await _nodes.OpenAsync();
        Echo(called);
        await using var good = await CallAsync(await _nodes.OpenAsync(), called.Port);

        var stranger = await _nodes.OpenAsync(options => options with { SecretFile = _nodes.NewSecret() });
        var refused = await Assert.ThrowsAsync<LinkRefusedException>(() => CallAsync(stranger, called.Port));
        Assert.Contains("does not know the secret", refused.Message, StringComparison.Ordinal);
        await _nodes.Heard.UntilAsync("Warning", "Refused a link from");
        await AnswersAsync(good);

        // What a stranger reads in its own code, the called node checks itself.
        await using var forged = new LinkForger(called.Port);
        var told = await forged.OpenAsync(new LinkHello { Node = "x", Cluster = "c" }, new byte[32]);
        Assert.Contains("does not know the secret", told, StringComparison.Ordinal);
        Assert.DoesNotContain(await File.ReadAllTextAsync(_nodes.Secret, Token), told, StringComparison.Ordinal);
        await AnswersAsync(good);
    }

    [Fact]
    public async Task A_secret_is_changed_node_by_node()
    {
        var former = (await File.ReadAllTextAsync(_nodes.Secret, Token)).Trim();
        var next = RandomNumberGenerator.GetHexString(64);
        string[] files =
        [
            _nodes.Secret, _nodes.NewSecret(former, next), _nodes.NewSecret(next, former), _nodes.NewSecret(next),
        ];
        for (var step = 0; step + 1 < files.Length; step++)
        {
            foreach (var (one, other) in (List<(int, int)>)[(step, step + 1), (step + 1, step)])
            {
                var called = await _nodes.OpenAsync(options => options with { SecretFile = files[one] });
                Echo(called);
                var caller = await _nodes.OpenAsync(options => options with { SecretFile = files[other] });
                await using var call = await CallAsync(caller, called.Port);
                await AnswersAsync(call);
            }
        }
    }

    [Fact]
    public async Task Certificates_of_one_authority_link_nodes_and_those_of_another_do_not()
    {
        var called = await OpenTlsAsync("a", "authority");
        Echo(called);
        await using var call = await CallAsync(await OpenTlsAsync("b", "authority"), called.Port);
        await AnswersAsync(call);

        foreach (var stranger in new[] { await OpenTlsAsync("c", "other"), await _nodes.OpenAsync() })
            await Assert.ThrowsAsync<IOException>(() => CallAsync(stranger, called.Port));
        var unnamed = await OpenTlsAsync("d", "authority"); // The certificate names localhost, not the address.
        await Assert.ThrowsAsync<IOException>(() => CallAsync(unnamed, called.Port, "127.0.0.1"));
        await AnswersAsync(call);
    }

    [Theory]
    [InlineData("", "need a secret")]
    [InlineData("short", "at least 43 characters")]
    [InlineData("missing", "cannot be read")]
    public async Task Links_without_a_usable_secret_are_refused_at_the_start(string secret, string says)
    {
        var file = secret switch
        {
            "" => null,
            "missing" => Path.Combine(_nodes.Secret, "nothing"),
            _ => _nodes.NewSecret(secret),
        };
        var refused = await Assert.ThrowsAsync<InvalidDataException>(
            () => _nodes.OpenAsync(options => options with { SecretFile = file }));
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_node_at_the_address_is_refused_by_the_caller()
    {
        var called = await _nodes.OpenAsync();
        Echo(called);
        var caller = await _nodes.OpenAsync();
        var refused = await Assert.ThrowsAsync<LinkRefusedException>(async () => await caller.CallAsync(
            LinkedNodes.EntryOf("somebody", called.Port), Hello("caller"), Token));
        Assert.Contains("called answers at localhost", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_starts_refuses_calls_and_takes_them_later()
    {
        var called = await _nodes.OpenAsync();
        var caller = await _nodes.OpenAsync();
        var refused = await Assert.ThrowsAsync<LinkRefusedException>(() => CallAsync(caller, called.Port));
        Assert.Contains("starts", refused.Message, StringComparison.Ordinal);
        Echo(called);
        await using var call = await CallAsync(caller, called.Port);
        await AnswersAsync(call);
    }

    [Fact]
    public async Task Damaged_and_endless_bytes_end_their_own_connection_only()
    {
        var called = await _nodes.OpenAsync();
        Echo(called);
        await using var good = await CallAsync(await _nodes.OpenAsync(), called.Port);
        var random = new Random(15);
        var noise = new byte[4_096];
        foreach (var start in (List<ReadOnlyMemory<byte>>)[
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), default])
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, called.Port, Token);
            await socket.SendAsync(start, Token);
            try
            {
                for (var i = 0; i < 100_000; i++)
                {
                    random.NextBytes(noise);
                    await socket.SendAsync(noise, Token);
                }

                Assert.Fail("The node reads noise without an end.");
            }
            catch (SocketException)
            {
                // The node has closed it.
            }
        }

        await using var forged = new LinkForger(called.Port);
        await forged.EndlessAsync();
        await AnswersAsync(good);
    }

    [Fact]
    public async Task A_frame_that_is_too_large_is_refused_where_it_is_made()
    {
        var called = await _nodes.OpenAsync();
        Echo(called);
        await using var call = await CallAsync(await _nodes.OpenAsync(), called.Port);
        var largest = ByteString.CopyFrom(new byte[LinkOptions.FrameBytesMax - 100]);
        Assert.True(call.TryWrite(new LinkFrame { Shown = new Shown { Frame = largest } }));
        Assert.Equal(largest, (await ReadAsync(call))!.Shown.Frame);
        var larger = ByteString.CopyFrom(new byte[LinkOptions.FrameBytesMax]);
        Assert.Throws<ArgumentException>(() => call.TryWrite(new LinkFrame { Shown = new Shown { Frame = larger } }));
        await AnswersAsync(call);
    }

    private static LinkHello Hello(string node) => new()
    {
        Node = node, Cluster = "c", Partitions = 16, RulesLowest = 2, RulesHighest = 3, Incarnation = 1,
    };

    private static void Echo(GrpcLinks links) => links.Listen(Hello("called"), static async (call, token) =>
    {
        while (await call.ReadAsync(token) is { } frame) Assert.True(call.TryWrite(frame));
    });

    private static async Task<ILinkCall> CallAsync(GrpcLinks caller, int port, string host = "localhost") =>
        await caller.CallAsync(LinkedNodes.EntryOf("called", port, host), Hello("caller"), Token);

    private static async Task AnswersAsync(ILinkCall call)
    {
        var frame = new LinkFrame { Barrier = new BarrierAsk { Counter = 7 } };
        Assert.True(call.TryWrite(frame));
        Assert.Equal(frame, await ReadAsync(call));
    }

    private static Task<LinkFrame?> ReadAsync(ILinkCall call) =>
        call.ReadAsync(Token).AsTask().WaitAsync(Patience, Token);

    private Task<GrpcLinks> OpenTlsAsync(string name, string authority) => _nodes.OpenAsync(
        options => options with { SecretFile = null, Tls = _nodes.NewCertificate(name, authority) });
}
