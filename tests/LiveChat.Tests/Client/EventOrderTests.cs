using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Client;

/// <summary>Whatever is lost on the way, the application gets every event of its stays once and in order.</summary>
public sealed class EventOrderTests
{
    [Fact]
    public async Task What_happened_before_the_first_list_is_history()
    {
        await using var fixture = new ClientFixture();
        for (var i = 0; i < 5; i++) fixture.Peer.Say("before");
        await fixture.ConnectAsync();
        fixture.Peer.Say("after");

        Assert.Equal(6, (await fixture.ReadAsync(1))[0].Seq);
        Assert.Empty(fixture.Peer.Received.OfType<HistoryGet>());
    }

    [Fact]
    public async Task A_hole_is_filled_from_history()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        fixture.Peer.Pushes = said => said.Seq is not (2 or 3);
        for (var i = 0; i < 30; i++) fixture.Peer.Say("m");

        AssertSeqs(1, 30, await fixture.ReadAsync(30));
        var pull = fixture.Peer.Received.OfType<HistoryGet>().First();
        Assert.Equal(1, pull.AfterSeq);
        Assert.Equal("events", pull.View);
        Assert.True(pull.MinSeq >= 4);
    }

    [Fact]
    public async Task A_head_above_what_is_held_is_pulled_and_repeats_are_dropped()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        fixture.Peer.Pushes = _ => false;
        for (var i = 0; i < 20; i++) fixture.Peer.Say("m");
        fixture.Peer.Last.ToClient(new ChatHeadFrame { Chat = FakePeer.Chat, Seq = 20, N = 20 });
        AssertSeqs(1, 20, await fixture.ReadAsync(20));

        foreach (var again in fixture.Peer.Events) fixture.Peer.Last.ToClient(again);
        fixture.Peer.Pushes = _ => true;
        fixture.Peer.Say("new");
        AssertSeqs(21, 21, await fixture.ReadAsync(1));
    }

    [Fact]
    public async Task A_slow_application_misses_nothing()
    {
        await using var fixture = new ClientFixture(eventCapacity: 4);
        await fixture.ConnectAsync();
        for (var i = 0; i < 50; i++) fixture.Peer.Say("m");
        var later = fixture.Time.GetUtcNow().AddSeconds(5);
        await fixture.UntilAsync(() => fixture.Time.GetUtcNow() > later);

        AssertSeqs(1, 50, await fixture.ReadAsync(50));
    }

    [Fact]
    public async Task What_was_missed_while_away_comes_with_the_resume()
    {
        await using var fixture = new ClientFixture();
        fixture.Peer.Ready = (_, before) => before == 0
            ? FakePeer.MakeReady("fresh")
            : FakePeer.MakeReady("partial", "e1", new BehindChat(FakePeer.Chat, 9));
        await fixture.ConnectAsync();
        fixture.Peer.Pushes = _ => false;
        for (var i = 0; i < 9; i++) fixture.Peer.Say("m");
        fixture.Peer.Last.CloseWith((int)CloseCode.InternalError);

        AssertSeqs(1, 9, await fixture.ReadAsync(9));
    }

    [Fact]
    public async Task A_hole_between_two_stays_is_none()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        fixture.Peer.Pushes = said => said.Seq is < 3 or >= 8;
        fixture.Peer.Stays = [new Stay(1, 2), new Stay(8)];
        for (var i = 0; i < 10; i++) fixture.Peer.Say("m");

        Assert.Equal([1, 2, 8, 9, 10], (await fixture.ReadAsync(5)).Select(item => item.Seq));
    }

    [Fact]
    public async Task A_page_with_a_hole_is_asked_for_again()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        var bad = 2;
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (frame is not HistoryGet || bad-- <= 0) return false;
            connection.ToClient(new Page
            {
                Re = frame.Id,
                Chat = FakePeer.Chat,
                Items = [fixture.Peer.Events[4]],
                HeadSeq = 5,
                HeadN = 5,
                Stays = [new Stay(1)],
                Epoch = "e1",
            });
            return true;
        };
        fixture.Peer.Pushes = said => said.Seq == 5;
        for (var i = 0; i < 5; i++) fixture.Peer.Say("m");

        AssertSeqs(1, 5, await fixture.ReadAsync(5));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Over_a_bad_network_every_message_arrives_once_and_in_order(int seed)
    {
        const int Count = 25;
        await using var fixture = new ClientFixture(seed, eventCapacity: 8);
        var random = new Random(seed);
        bool Happens(int percent)
        {
            lock (random) return random.Next(100) < percent;
        }

        await fixture.ConnectAsync();
        fixture.Peer.Pushes = _ => !Happens(20);
        fixture.Peer.Ready = (connect, _) => FakePeer.MakeReady(
            connect.Since is null ? "fresh" : "partial",
            "e1",
            new BehindChat(FakePeer.Chat, fixture.Peer.Events.Count));
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (frame is Pong or Connect) return false;
            if (Happens(5)) connection.CloseWith((int)CloseCode.SlowConsumer);
            return Happens(10);
        };

        var reading = fixture.ReadAsync(Count);
        for (var i = 0; i < Count; i++)
        {
            await fixture.PassAsync(fixture.Client.SendAsync(FakePeer.Chat, $"m{i}"));
        }

        // The last pushes may be lost; the heartbeat of a real server is a head that says so.
        fixture.Peer.Intercept = null;
        fixture.Peer.Last.ToClient(new ChatHeadFrame { Chat = FakePeer.Chat, Seq = Count, N = Count });
        fixture.Peer.Last.CloseWith((int)CloseCode.Rebalance);
        var read = await reading;

        AssertSeqs(1, Count, read);
        Assert.Equal(
            Enumerable.Range(0, Count).Select(i => $"m{i}"), read.Cast<MessageCreated>().Select(m => m.Body!.Text));
    }

    private static void AssertSeqs(long from, long to, List<ChatEvent> read) =>
        Assert.Equal(
            Enumerable.Range((int)from, (int)(to - from + 1)).Select(seq => (long)seq), read.Select(e => e.Seq));
}
