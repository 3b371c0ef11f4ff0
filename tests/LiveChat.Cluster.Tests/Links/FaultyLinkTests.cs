using LiveChat.Core.Links;
using LiveChat.Tests.Running;
using Xunit;

namespace LiveChat.Cluster.Tests.Links;

/// <summary>A link through a network that fails: frames come in order and each once, or the call ends at both ends.
/// </summary>
public sealed class FaultyLinkTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly LinkedNodes _nodes = new();
    private readonly TaskCompletionSource _servedOnce = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FaultProxy? _proxy;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private FaultProxy Proxy => _proxy ?? throw new InvalidOperationException("There is no link yet.");

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        await _nodes.DisposeAsync();
        if (_proxy is not null) await _proxy.DisposeAsync();
    }

    [Fact]
    public async Task Slices_and_delays_change_no_frame()
    {
        await using var call = await LinkAsync();
        Proxy.Up = new() { SliceBytes = 7 };
        Proxy.Down = new() { SliceBytes = 13 };
        await EchoesAsync(call, 50);
        (Proxy.Up, Proxy.Down) = (new(), new() { Delay = TimeSpan.FromMilliseconds(20) });
        await EchoesAsync(call, 50);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_is_cut_one_way_ends_at_both_ends_and_another_one_begins(bool isUp)
    {
        await using (var call = await LinkAsync())
        {
            await EchoesAsync(call, 10);
            if (isUp) Proxy.Up = new() { IsBlackHole = true };
            else Proxy.Down = new() { IsBlackHole = true };
            Assert.Null(await ReadAsync(call));
            await _servedOnce.Task.WaitAsync(Patience, Token);
        }

        (Proxy.Up, Proxy.Down) = (new(), new());
        await using var next = await CallAsync();
        await EchoesAsync(next, 10);
    }

    [Fact]
    public async Task A_reset_at_any_byte_ends_the_call_and_no_frame_comes_damaged()
    {
        await (await LinkAsync()).DisposeAsync();
        for (var bytes = 50; bytes < 2_000; bytes += 150)
        {
            Proxy.Down = new() { CloseAfterBytes = bytes };
            try
            {
                await using var call = await CallAsync();
                var written = 0u;
                while (written < 1_000 && call.TryWrite(Frame(written))) written++;
                var read = 0u;
                while (await ReadAsync(call) is { } frame) Assert.Equal(Frame(read++), frame);
                Assert.InRange(read, 0u, 999u);
            }
            catch (IOException)
            {
                // It was cut in its beginning.
            }
        }

        Proxy.Down = new();
        await using var next = await CallAsync();
        await EchoesAsync(next, 10);
    }

    [Fact]
    public async Task A_network_that_takes_nothing_holds_up_no_writer_and_the_bound_is_said()
    {
        await using var call = await LinkAsync();
        Proxy.Up = new() { StopsReading = true };
        var written = 0u;
        while (written < 1_000_000 && call.TryWrite(Frame(written))) written++;
        Assert.InRange(written, 1u, 999_999u);
    }

    private static LinkFrame Frame(uint number) => new()
    {
        Shown = new Shown { Chat = number, Frame = Google.Protobuf.ByteString.CopyFrom(new byte[number % 500]) },
    };

    private static async Task EchoesAsync(ILinkCall call, uint count)
    {
        for (var i = 0u; i < count; i++) Assert.True(call.TryWrite(Frame(i)));
        for (var i = 0u; i < count; i++) Assert.Equal(Frame(i), await ReadAsync(call));
    }

    private static Task<LinkFrame?> ReadAsync(ILinkCall call) =>
        call.ReadAsync(Token).AsTask().WaitAsync(Patience, Token);

    private static LinkHello Hello(string node) => new() { Node = node, Cluster = "c", Incarnation = 1 };

    private async Task<ILinkCall> LinkAsync()
    {
        var called = await _nodes.OpenAsync();
        called.Listen(Hello("called"), async (call, token) =>
        {
            while (await call.ReadAsync(token) is { } frame && call.TryWrite(frame))
            {
            }

            _servedOnce.TrySetResult();
        });
        _proxy = new FaultProxy(new Uri($"http://127.0.0.1:{called.Port}"));
        return await CallAsync();
    }

    private async Task<ILinkCall> CallAsync() => await (await _nodes.OpenAsync()).CallAsync(
        LinkedNodes.EntryOf("called", Proxy.Url.Port), Hello("caller"), Token);
}
