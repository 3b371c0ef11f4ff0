using LiveChat.Client;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Client;

/// <summary>
/// The server was put back from a copy: what the client holds of the former store is void, and the same numbers mean
/// other events from here on.
/// </summary>
public sealed class NewStoreTests
{
    [Fact]
    public async Task What_the_client_holds_of_the_former_store_never_reaches_the_application()
    {
        await using var fixture = new ClientFixture();
        fixture.Peer.Say("kept");
        await fixture.ConnectAsync();
        for (var i = 0; i < 4; i++) fixture.Peer.Say("of the former store");
        await HoldsAsync(fixture, head: 5);

        await PutBackAsync(fixture, kept: 1);
        fixture.Peer.Say("of the new store");
        fixture.Peer.Say("and one more");

        // They are #2 and #3, which the former store had, too.
        Assert.Equal(
            [(2, "of the new store"), (3, "and one more")],
            (await fixture.ReadAsync(2)).Cast<MessageCreated>().Select(static happened =>
                (happened.Seq, happened.Body!.Text)));
    }

    [Fact]
    public async Task What_waits_for_room_while_the_store_becomes_another_one_is_dropped_too()
    {
        await using var fixture = new ClientFixture(eventCapacity: 1);
        await fixture.ConnectAsync();
        for (var i = 0; i < 4; i++) fixture.Peer.Say("of the former store");
        await fixture.UntilAsync(() => fixture.Peer.Received.OfType<HistoryGet>().Any());

        await PutBackAsync(fixture, kept: 0);
        for (var i = 0; i < 4; i++) fixture.Peer.Say($"of the new store {i}");

        Assert.Equal(
            Enumerable.Range(0, 4).Select(static i => (i + 1L, $"of the new store {i}")),
            (await fixture.ReadAsync(4)).Cast<MessageCreated>().Select(static happened =>
                (happened.Seq, happened.Body!.Text)));
    }

    [Fact]
    public async Task No_position_and_no_head_of_the_former_store_is_asked_for_again()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        for (var i = 0; i < 5; i++) fixture.Peer.Say("of the former store");
        await HoldsAsync(fixture, head: 5);
        fixture.Peer.Last.ToClient(new Ping { Since = "former" });
        await fixture.UntilAsync(() => fixture.Peer.Received.OfType<Pong>().Any());

        await PutBackAsync(fixture, kept: 1);
        var page = await fixture.PassAsync(
            fixture.Client.HistoryAsync(new HistoryGet { Chat = FakePeer.Chat }));
        fixture.Peer.Last.CloseWith(1006);
        await fixture.UntilAsync(() => fixture.Peer.Connections >= 3);
        await fixture.UntilAsync(() => fixture.Client.State is ClientState.Connected);

        Assert.Equal(1, page.HeadSeq);
        Assert.Equal(1, fixture.Peer.Received.OfType<HistoryGet>().Last().MinSeq);
        Assert.Equal([null, "former", "sync"], fixture.Peer.Received.OfType<Connect>().Select(static one => one.Since));
    }

    [Fact]
    public async Task A_chat_that_the_new_store_does_not_know_is_forgotten()
    {
        var stream = new EventStream(capacity: 16);
        stream.Begin(FakePeer.MakeReady("fresh"));
        stream.TakeSync(new Sync { Items = [], Since = "s", Epoch = "e1" });
        stream.Take(new ChatHeadFrame { Chat = "7", Seq = 3, N = 3 });
        var lineage = stream.Lineage;
        Assert.True(stream.TryTakeChat(out _));

        Assert.True(stream.Begin(FakePeer.MakeReady("fresh", "e2")));

        Assert.True(stream.NeedsSync);
        Assert.Null(stream.Since);
        Assert.Null(stream.HighestSeen("7"));
        Assert.Null(stream.CountFailure("7"));
        Assert.False(stream.TryTakeChat(out _));
        Assert.False(stream.TryBeginPull("7", out _, out _));

        // A page of the former store that comes late, and a list of it, change nothing.
        await stream.PutAsync(Said(1), lineage, CancellationToken.None);
        stream.Advance("7", 1, lineage);
        stream.TakeSync(new Sync { Items = [], Since = "s", Epoch = "e1" });
        Assert.False(stream.Events.TryRead(out _));
        Assert.Null(stream.HighestSeen("7"));
        Assert.True(stream.NeedsSync);
    }

    /// <summary>Lets the client read all that it was sent.</summary>
    private static async Task HoldsAsync(ClientFixture fixture, long head)
    {
        while (true)
        {
            await fixture.PassAsync(fixture.Client.HistoryAsync(new HistoryGet { Chat = FakePeer.Chat }));
            if (fixture.Peer.Received.OfType<HistoryGet>().Last().MinSeq == head) return;
        }
    }

    /// <summary>Until the client has the list of the new store.</summary>
    private static async Task PutBackAsync(ClientFixture fixture, int kept)
    {
        fixture.Peer.PutBack("e2", kept);
        await fixture.UntilAsync(() => fixture.Changes.Any(static change => change.IsNewStore));
        await fixture.UntilAsync(() => fixture.Peer.Received.OfType<SyncGet>().Count() == 2);
        await fixture.PassAsync(fixture.Client.HistoryAsync(new HistoryGet { Chat = FakePeer.Chat }));
    }

    private static MessageCreated Said(long seq) => new()
    {
        Chat = "7", Seq = seq, N = seq, Id = "1", ClientId = "", Sender = "bob", SentAt = default,
    };
}
