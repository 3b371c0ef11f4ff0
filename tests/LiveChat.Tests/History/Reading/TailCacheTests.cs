using CsCheck;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using Xunit;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.History.Reading;

public class TailCacheTests
{
    private static readonly ChatId Chat = new(7);

    [Fact]
    public void What_was_added_comes_back_with_its_content()
    {
        var tails = new TailCache();
        var events = Events(7, 5);
        events.ForEach(tails.Add);

        Assert.Equal(6, tails.Highest(Chat));
        Assert.Equal(events[3..], tails.After(Chat, 3));
        Assert.Equal(events, tails.After(Chat, 0));
        Assert.Empty(tails.After(Chat, 6));
        Assert.True(tails.TryGet(Chat, 4, out var one));
        Assert.Equal(events[3], one);
        Assert.False(tails.TryGet(Chat, 7, out _));
        Assert.False(tails.TryGet(Chat, 0, out _));
    }

    [Fact]
    public void A_chat_that_it_does_not_know_has_nothing()
    {
        var tails = new TailCache();
        Assert.Equal(0, tails.Highest(Chat));
        Assert.Empty(tails.After(Chat, 0));
        Assert.False(tails.TryGet(Chat, 1, out _));
    }

    [Fact]
    public void The_oldest_event_of_all_chats_goes_first()
    {
        var (one, other) = (Events(7, 3), Events(8, 3));
        var tails = new TailCache(4 * (one[1].CalculateSize() + TailCache.OverheadBytes));
        foreach (var (first, second) in one.Zip(other))
        {
            tails.Add(first);
            tails.Add(second);
        }

        Assert.Empty(tails.After(Chat, 0));
        Assert.Equal(one[2..], tails.After(Chat, 2));
        Assert.Equal(other[2..], tails.After(new ChatId(8), 2));
    }

    [Fact]
    public void It_keeps_within_its_bytes_and_a_long_run_says_only_what_it_still_has()
    {
        var events = Events(7, 2_000);
        var each = events[^1].CalculateSize() + TailCache.OverheadBytes;
        var tails = new TailCache(100 * each);
        foreach (var e in events)
        {
            tails.Add(e);
            Assert.InRange(tails.Bytes, 1, 100 * each);
        }

        Assert.Equal(events[^100..], tails.After(Chat, 2_001 - 100));
        Assert.Empty(tails.After(Chat, 2_001 - 101));
        Assert.Equal(100 * each, tails.Bytes);
    }

    [Fact]
    public void Without_room_it_keeps_nothing()
    {
        var tails = new TailCache(0);
        Events(7, 3).ForEach(tails.Add);
        Assert.Equal((0, 0), (tails.Highest(Chat), tails.Bytes));
    }

    [Fact]
    public void What_comes_again_is_left_out_and_a_hole_begins_a_new_run()
    {
        var tails = new TailCache();
        var events = Events(7, 6);
        events[..3].ForEach(tails.Add);
        var bytes = tails.Bytes;
        events[1..3].ForEach(tails.Add);
        Assert.Equal(bytes, tails.Bytes);

        events[4..].ForEach(tails.Add);
        Assert.Equal(events[4..], tails.After(Chat, 4));
        Assert.Empty(tails.After(Chat, 2));
        Assert.False(tails.TryGet(Chat, 3, out _));
    }

    [Fact]
    public void An_erasure_empties_the_message_and_its_edits_and_nothing_else()
    {
        var (mine, other) = (Records.Target(2, "ann"), Records.Target(3, "ann"));
        var events = Whole(
            [
                Records.Created("ann", 0, "bob"), Records.Message("ann", 1, "erased"),
                Records.Message("ann", 2, "kept"), Records.Edit("ann", 3, mine), Records.Edit("ann", 4, other),
                Records.Delete("ann", 5, mine),
            ],
            7);
        var tails = new TailCache();
        events.ForEach(tails.Add);

        var kept = tails.After(Chat, 0);
        Assert.Null(kept[1].Record.Message.Body);
        Assert.Null(kept[3].Record.Edit.Body);
        Assert.Equal("kept", kept[2].Record.Message.Body.Text);
        Assert.Equal("edited", kept[4].Record.Edit.Body.Text);
        Assert.Equal("erased", events[1].Record.Message.Body.Text);
        Assert.Equal(events.Select(e => e.Seq), kept.Select(e => e.Seq));
    }

    /// <summary>Against a plain list of what came: the answers are runs without a hole up to what came last.</summary>
    [Fact]
    public void It_never_answers_with_a_hole() => Gen.Select(Gen.Int[1, 40], Gen.Int[0, 1 << 20]).Sample(
        (room, seed) =>
        {
            var random = new Random(seed);
            ulong[] chats = [7, 8, 9];
            var events = chats.ToDictionary(chat => chat, chat => Events(chat, 60));
            var next = chats.ToDictionary(chat => chat, _ => 0);
            var each = events[7][^1].CalculateSize() + TailCache.OverheadBytes;
            var tails = new TailCache(room * each);
            for (var i = 0; i < 100; i++)
            {
                var chat = chats[random.Next(3)];
                next[chat] += random.Next(10) switch { 0 => 2, 1 => 0, _ => 1 };
                if (next[chat] is 0 or > 60) continue;
                tails.Add(events[chat][next[chat] - 1]);
                Assert.InRange(tails.Bytes, 0, room * each);
                var from = random.Next(61);
                var found = tails.After(new ChatId(chat), from);
                Assert.Equal(
                    found.Count == 0 ? [] : events[chat][from..next[chat]], found);
                if (tails.Highest(new ChatId(chat)) is var highest and > 0) Assert.Equal(next[chat], highest);
            }
        },
        iter: 200,
        threads: 1);

    private static List<StoredEvent> Events(ulong chat, int messages) => Whole(
        [Records.Created("ann", 0, "bob"), .. Enumerable.Range(1, messages).Select(i => Records.Message("bob", i))],
        chat);

    private static List<StoredEvent> Whole(IEnumerable<Record> records, ulong chat) =>
        [.. ChatEvents.Of(records, chat).Select(HistoryRowsBuilder.WholeOf)];
}
