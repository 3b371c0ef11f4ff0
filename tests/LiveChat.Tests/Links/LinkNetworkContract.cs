using Google.Protobuf;
using LiveChat.Core.Links;
using Xunit;

namespace LiveChat.Tests.Links;

/// <summary>What every way between nodes does.</summary>
public abstract class LinkNetworkContract
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Frames_come_in_order_both_ways_and_unknown_ones_pass()
    {
        await using var pair = await NewPairAsync(async (call, token) =>
        {
            while (await call.ReadAsync(token) is { } frame) Assert.True(call.TryWrite(frame));
        });
        Assert.Equal("called", pair.Call.Peer.Node);
        var unknown = LinkFrame.Parser.ParseFrom([0xFA, 0x3E, 2, 1, 2]); // Field 1007, two bytes.
        for (var i = 0u; i < 1_000; i++) Assert.True(pair.Call.TryWrite(Barrier(i)));
        Assert.True(pair.Call.TryWrite(unknown));
        for (var i = 0u; i < 1_000; i++) Assert.Equal(Barrier(i), await ReadAsync(pair.Call));
        Assert.Equal(unknown.ToByteArray(), (await ReadAsync(pair.Call))!.ToByteArray());
    }

    [Fact]
    public async Task A_peer_that_does_not_read_holds_up_no_writer()
    {
        await using var pair = await NewPairAsync(
            static (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token));
        var large = new LinkFrame { Shown = new Shown { Frame = ByteString.CopyFrom(new byte[100_000]) } };
        var written = 0;
        while (written < 100_000 && pair.Call.TryWrite(large)) written++;
        Assert.InRange(written, 1, 99_999);
    }

    [Fact]
    public async Task A_call_that_was_ended_ends_at_the_other_end_too()
    {
        await using var pair = await NewPairAsync(static (_, _) => Task.CompletedTask);
        Assert.Null(await ReadAsync(pair.Call));
    }

    [Theory]
    [InlineData("cluster", "another cluster")]
    [InlineData("partitions", "17 partitions")]
    [InlineData("too old", "is too old: it knows the rules up to 1")]
    [InlineData("too new", "is too new: it knows the rules from 4 on")]
    [InlineData("no name", "has not said its name")]
    [InlineData("name in use", "is in use by another server")]
    [InlineData("itself", "called itself")]
    public async Task A_node_that_does_not_belong_here_is_refused_with_a_sentence(string what, string says)
    {
        var refused = await Assert.ThrowsAsync<LinkRefusedException>(() => NewPairAsync(
            static (_, _) => throw new InvalidOperationException("It was served."),
            hello =>
            {
                if (what == "cluster") hello.Cluster = "d";
                if (what == "partitions") hello.Partitions = 17;
                if (what == "too old") (hello.RulesLowest, hello.RulesHighest) = (1, 1);
                if (what == "too new") (hello.RulesLowest, hello.RulesHighest) = (4, 5);
                if (what == "no name") hello.Node = "";
                if (what is "name in use" or "itself") hello.Node = "called";
                if (what == "name in use") hello.Incarnation = 2;
            }));
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_written_before_an_end_arrives_when_nothing_is_in_the_way()
    {
        var heard = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var pair = await NewPairAsync(async (call, token) =>
        {
            var count = 0;
            while (await call.ReadAsync(token) is { } frame) Assert.Equal(Barrier((uint)count++), frame);
            heard.SetResult(count);
        });
        for (var i = 0u; i < 100; i++) Assert.True(pair.Call.TryWrite(Barrier(i)));
        await pair.Call.DisposeAsync();
        Assert.False(pair.Call.TryWrite(Barrier(100)));
        Assert.Equal(100, await heard.Task.WaitAsync(Patience, Token));
    }

    /// <summary>A call from "caller" to "called", which is served so.</summary>
    private protected abstract Task<LinkPair> NewPairAsync(
        Func<ILinkCall, CancellationToken, Task> serve, Action<LinkHello>? change = null);

    /// <summary>What a node says first: of one cluster, and in its first run.</summary>
    private protected static LinkHello HelloOf(string node, Action<LinkHello>? change = null)
    {
        var hello = new LinkHello
        {
            Node = node, Cluster = "c", Roles = 7, Partitions = 16, RulesLowest = 2, RulesHighest = 3, Incarnation = 1,
        };
        change?.Invoke(hello);
        return hello;
    }

    private static LinkFrame Barrier(uint counter) => new() { Barrier = new BarrierAsk { Counter = counter } };

    private static Task<LinkFrame?> ReadAsync(ILinkCall call) =>
        call.ReadAsync(Token).AsTask().WaitAsync(Patience, Token);
}

/// <summary>The caller's end, and what has to be disposed with it.</summary>
internal sealed record LinkPair(ILinkCall Call, Func<ValueTask> End) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await Call.DisposeAsync();
        await End();
    }
}
