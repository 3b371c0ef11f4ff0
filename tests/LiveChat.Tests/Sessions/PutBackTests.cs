using LiveChat.Core.History;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>A store that was put back from a copy is found out by the positions that clients come with, by nothing
/// else, and once.</summary>
public sealed class PutBackTests : IAsyncDisposable
{
    private const ulong Other = 77;
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private readonly InMemoryHistoryStore _tables = new("e1");

    private long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Minutes ago that the former start ended, and that the position's log time was; whether the store knows
    /// the start; whether that proves it.</summary>
    [Theory]
    [InlineData(30, 40, true, false)]
    [InlineData(30, 31, true, false)]
    [InlineData(30, 20, true, true)]
    [InlineData(30, 20, false, true)]
    [InlineData(30, 40, false, true)]
    [InlineData(30, 90, false, false)] // From before all that the store knows of.
    [InlineData(60 * 24 * 30, 20, false, true)] // A copy of a month ago.
    public async Task A_position_that_the_store_cannot_have_given_out_renews_the_epoch(
        int endedAgo, int givenAgo, bool isKnown, bool isProof)
    {
        var end = NowMs - (endedAgo * 60_000L);
        await _tables.Lineage.WriteStartAsync(
            new StoreStart(isKnown ? Other : Other + 1, end - (30 * 60_000), end), [], default);
        await using var node = await TestNode.StartAsync(_time, tables: _tables);
        var bob = await node.ConnectAsync("bob");
        Assert.Equal("e1", bob.Ready.Epoch);

        var since = new Since(Other, NowMs - (givenAgo * 60_000L) - Since.MarginMs);
        var ann = await node.ConnectAsync("ann", TestNode.Seal.Write(since));

        Assert.Equal(isProof ? "e1+" : "e1", ann.Ready.Epoch);
        Assert.Equal(!isProof && isKnown ? "recovered" : "fresh", ann.Ready.Resume);
        if (!isProof) return;
        var goodbye = await bob.GoodbyeAsync();
        Assert.Equal(((int)CloseCode.StateInvalidated, true), (goodbye.Code, goodbye.Reconnect));

        // The same proof again, and another of the same start, prove nothing new: nobody is sent away any more.
        var cid = await node.ConnectAsync("cid", TestNode.Seal.Write(since with { TimeMs = since.TimeMs + 5 }));
        Assert.Equal(("e1+", "fresh"), (cid.Ready.Epoch, cid.Ready.Resume));
        await ann.AskAsync(new ChatsGet());
    }

    [Fact]
    public async Task What_was_proved_is_remembered_by_the_next_start()
    {
        var proof = TestNode.Seal.Write(new Since(Other, NowMs));
        await using (var node = await TestNode.StartAsync(_time, tables: _tables))
            Assert.Equal("e1+", (await node.ConnectAsync("ann", proof)).Ready.Epoch);
        await using var next = await TestNode.StartAsync(_time, tables: _tables, seed: 2);
        Assert.Equal("e1+", (await next.ConnectAsync("ann", proof)).Ready.Epoch);
        Assert.Equal("e1+", (await next.ConnectAsync("bob")).Ready.Epoch);
    }

    [Fact]
    public async Task Another_node_that_started_later_or_told_clients_of_later_times_proves_nothing()
    {
        await using var node = await TestNode.StartAsync(_time, tables: _tables);
        for (var seconds = 10; seconds <= 50; seconds += 10)
        {
            var untilMs = NowMs + (seconds * 1_000);
            await _tables.Lineage.WriteStartAsync(new StoreStart(Other, NowMs, untilMs), [], default);
            var ann = await node.ConnectAsync("ann", TestNode.Seal.Write(new Since(Other, untilMs - Since.MarginMs)));
            Assert.Equal(("e1", "recovered"), (ann.Ready.Epoch, ann.Ready.Resume));
        }

        // What no node has told of still proves it.
        var proof = new Since(Other, NowMs + 59_000 - Since.MarginMs);
        Assert.Equal("e1+", (await node.ConnectAsync("bob", TestNode.Seal.Write(proof))).Ready.Epoch);
    }

    public ValueTask DisposeAsync() => _tables.DisposeAsync();

    [Fact]
    public async Task A_forged_position_is_a_fresh_start_and_nothing_else()
    {
        await using var node = await TestNode.StartAsync(_time, tables: _tables);
        var forged = new SinceSeal(new byte[32]).Write(new Since(Other, NowMs));
        var ann = await node.ConnectAsync("ann", forged);
        Assert.Equal(("e1", "fresh"), (ann.Ready.Epoch, ann.Ready.Resume));
    }

    /// <summary>Also one that had no ping yet: else what it saw since its connect would prove nothing.</summary>
    [Fact]
    public async Task A_device_that_was_told_that_it_resumes_proves_the_start_that_it_resumed_at()
    {
        string since;
        await using (var first = await TestNode.StartAsync(_time, tables: _tables))
            since = (await first.ConnectAsync("ann", await first.SinceAsync(NowMs))).Ready.Since;
        Assert.True(TestNode.Seal.TryRead(since, out var former));

        await using var copy = new InMemoryHistoryStore("e1"); // Of before the first start.
        await using var node = await TestNode.StartAsync(_time, tables: _tables, seed: 2);
        var again = await node.ConnectAsync("ann", since);
        Assert.True(TestNode.Seal.TryRead(again.Ready.Since, out var present));
        Assert.Equal((node.Node.StartId, former.TimeMs), (present.Start, present.TimeMs));
        await using var putBack = await TestNode.StartAsync(_time, tables: copy, seed: 3);
        Assert.Equal("e1+", (await putBack.ConnectAsync("ann", again.Ready.Since)).Ready.Epoch);
    }

    [Fact]
    public async Task As_many_starts_are_kept_as_may_be_and_one_that_was_forgotten_proves_nothing()
    {
        for (var i = 0; i < StoreLineage.StartsMax + 10; i++)
            await _tables.Lineage.WriteStartAsync(
                new StoreStart((ulong)i + 100, NowMs - 1_000_000 + (i * 10), NowMs - 1_000_000 + (i * 10) + 9),
                [],
                default);
        await using var node = await TestNode.StartAsync(_time, tables: _tables);
        Assert.Equal(StoreLineage.StartsMax + 1, (await _tables.Lineage.ReadStartsAsync(default)).Count);
        var forgotten = new Since(105, NowMs - 1_000_000 + 55 - Since.MarginMs);
        Assert.Equal("e1", (await node.ConnectAsync("ann", TestNode.Seal.Write(forgotten))).Ready.Epoch);
    }
}
