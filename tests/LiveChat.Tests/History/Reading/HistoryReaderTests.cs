using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Identities;
using LiveChat.Protocol;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.History.Reading;

public class HistoryReaderTests : IAsyncLifetime
{
    private static readonly ChatId Chat = new(7);
    private static readonly UserId Ann = UserId.Parse("ann");
    private static readonly UserId Eve = UserId.Parse("eve");

    private readonly FakeTimeProvider _time = new();
    private readonly InMemoryHistoryStore _memory = new("epoch");
    private readonly TailCache _tails = new();
    private readonly HashSet<UserId> _inTail = [];
    private readonly CountingStore _store;
    private readonly HistoryReader _reader;

    public HistoryReaderTests()
    {
        _store = new CountingStore(_memory);
        _reader = new HistoryReader(
            _store, _memory, new InMemoryIdentityStore(), _tails, (_, user) => _inTail.Contains(user),
            new HeadLooks(_store, static _ => { }, _time), _time, static (_, _) => { });
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _memory.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Nobody_else_can_tell_a_chat_from_none()
    {
        await Write(Events(3));

        var foreign = await _reader.ReadPageAsync(Eve, Chat, new PageQuery(), default);
        var reads = _store.Reads;
        var missing = await _reader.ReadPageAsync(Eve, new ChatId(8), new PageQuery(), default);

        Assert.Equal((ErrorCode.NotFound, ErrorCode.NotFound), (foreign.Error, missing.Error));
        Assert.Equal(2 * reads, _store.Reads);
    }

    [Fact]
    public async Task A_stranger_with_a_min_seq_waits_as_long_for_a_chat_as_for_none()
    {
        await Write(Events(3));
        foreach (var chat in (ChatId[])[Chat, new ChatId(8)])
        {
            var page = _reader.ReadPageAsync(Eve, chat, new PageQuery { MinSeq = 1 }, default).AsTask();
            Assert.False(page.IsCompleted);
            _time.Advance(HistoryReader.CatchUpTimeout);
            Assert.Equal(ErrorCode.NotFound, (await page).Error);
        }
    }

    [Fact]
    public async Task Two_who_ask_the_same_at_once_are_one_read_and_each_is_authorised()
    {
        await Write(Events(20));
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _store.Gate = gate.Task;
        var query = new PageQuery { AfterSeq = 3 };

        var ann = _reader.ReadPageAsync(Ann, Chat, query, default).AsTask();
        var bob = _reader.ReadPageAsync(UserId.Parse("bob"), Chat, query, default).AsTask();
        var eve = await _reader.ReadPageAsync(Eve, Chat, query, default);
        gate.SetResult();

        Assert.Equal(17, (await ann).Value!.Items.Count);
        Assert.Equal((await ann).Value!.Items, (await bob).Value!.Items);
        Assert.Equal(ErrorCode.NotFound, eve.Error);
        Assert.Equal(1, _store.EventReads);
    }

    [Fact]
    public async Task Min_seq_waits_for_history_and_then_answers_whole()
    {
        var events = Events(6);
        await Write(events[..3]);
        var page = _reader.ReadPageAsync(Ann, Chat, new PageQuery { MinSeq = 6 }, default).AsTask();
        Assert.False(page.IsCompleted);

        await Write(events[3..]);
        _time.Advance(HeadLooks.Floor);
        Assert.Equal(6, (await page).Value!.HeadSeq);
    }

    [Fact]
    public async Task Min_seq_is_answered_unavailable_never_with_a_hole()
    {
        var events = Events(6);
        await Write(events[..3]);

        // The tail has a hole from history's head on: it must not be used.
        _tails.Add(HistoryRowsBuilder.WholeOf(events[4]));
        _tails.Add(HistoryRowsBuilder.WholeOf(events[5]));
        var page = _reader.ReadPageAsync(Ann, Chat, new PageQuery { MinSeq = 6 }, default).AsTask();
        _time.Advance(HistoryReader.CatchUpTimeout);
        Assert.Equal(ErrorCode.Unavailable, (await page).Error);

        // What this node has said counts as seen, also by who names no min_seq.
        page = _reader.ReadPageAsync(Ann, Chat, new PageQuery(), default).AsTask();
        _time.Advance(HistoryReader.CatchUpTimeout);
        Assert.Equal(ErrorCode.Unavailable, (await page).Error);
    }

    [Fact]
    public async Task The_tail_answers_above_history_and_knows_who_came_and_went()
    {
        var events = ChatEvents.Of(
            [
                Records.Created("ann", 0, "bob"), Records.Message("bob", 1), Records.Add("ann", 2, "eve"),
                Records.Message("bob", 3), Records.Remove("ann", 4, "bob"), Records.Message("ann", 5),
            ],
            Chat.Value);
        await Write(events[..2]);
        events[1..].ForEach(e => _tails.Add(HistoryRowsBuilder.WholeOf(e)));
        _inTail.Add(Eve);
        var query = new PageQuery { MinSeq = 6, AsMessages = false };

        var eve = await _reader.ReadPageAsync(Eve, Chat, query, default);
        Assert.Equal([3, 4, 5, 6], eve.Value!.Items.Select(item => item.Seq));
        var ann = await _reader.ReadPageAsync(Ann, Chat, query, default);
        Assert.Equal([1, 2, 3, 4, 5, 6], ann.Value!.Items.Select(item => item.Seq));
    }

    [Fact]
    public async Task Who_was_removed_reads_the_own_stay_and_waits_for_nothing_behind_it()
    {
        var events = ChatEvents.Of(
            [
                Records.Created("ann", 0, "bob"), Records.Message("bob", 1), Records.Remove("ann", 2, "bob"),
                Records.Message("ann", 3),
            ],
            Chat.Value);
        await Write(events);
        var page = (await _reader.ReadPageAsync(
            UserId.Parse("bob"), Chat, new PageQuery { AsMessages = false }, default)).Value!;

        Assert.Equal([1, 2, 3], page.Items.Select(item => item.Seq));
        Assert.Equal((3, 1), (page.HeadSeq, page.HeadN));
        Assert.Null(page.Markers);
    }

    [Fact]
    public async Task A_target_is_found_in_the_tail_or_in_history_or_waited_for()
    {
        var events = Events(4);
        await Write(events[..2]);
        Assert.True((await _reader.ReadTargetAsync(Ann, Chat, 2, default))!.IsMessage);
        Assert.False((await _reader.ReadTargetAsync(Ann, Chat, 1, default))!.IsMessage);
        Assert.Equal(1, _store.EventReads - 1);
        _tails.Add(HistoryRowsBuilder.WholeOf(events[2]));
        Assert.Equal("bob", (await _reader.ReadTargetAsync(Ann, Chat, 3, default))!.Sender);

        var late = _reader.ReadTargetAsync(Ann, Chat, 4, default).AsTask();
        Assert.False(late.IsCompleted);
        await Write(events[2..]);
        _time.Advance(HeadLooks.Floor);
        Assert.Equal(4UL, (await late)!.Seq);

        var never = _reader.ReadTargetAsync(Ann, Chat, 5, default).AsTask();
        _time.Advance(HistoryReader.CatchUpTimeout);
        Assert.Null(await never);
    }

    [Fact]
    public async Task A_page_of_long_messages_ends_at_its_bytes_and_says_where_it_goes_on()
    {
        var text = new string('x', 15_000);
        var events = ChatEvents.Of(
            [
                Records.Created("ann", 0, "bob"),
                .. Enumerable.Range(1, 30).Select(i => Records.Message("bob", i, text)),
            ],
            Chat.Value);
        await Write(events);
        var seen = new List<long>();
        long? after = 0;
        while (after is not null && seen.Count < 100)
        {
            var page = (await _reader.ReadPageAsync(
                Ann, Chat, new PageQuery { AfterSeq = after, Limit = 100 }, default)).Value!;
            Assert.InRange(page.Items.Count, 1, Limits.PageBytesMax / 15_000);
            seen.AddRange(page.Items.Select(item => item.Seq));
            after = page.Next;
        }

        Assert.Equal(Enumerable.Range(2, 30).Select(seq => (long)seq), seen);
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 1)]
    [InlineData(7, 3)]
    [InlineData(15, 4)]
    [InlineData(30, 100)]
    [InlineData(99, 5)]
    public async Task A_page_around_a_seq_goes_on_in_both_directions_until_everything_was_seen(long around, int limit)
    {
        await Write(Events(30));
        var query = new PageQuery { AroundSeq = around, Limit = limit, AsMessages = false };
        var middle = (await _reader.ReadPageAsync(Ann, Chat, query, default)).Value!;
        Assert.Null(middle.Next);
        Assert.InRange(middle.Items.Count, 1, limit);
        var seen = middle.Items.Select(static item => item.Seq).ToList();
        for (var before = middle.NextBefore; before is not null;)
        {
            var page = (await _reader.ReadPageAsync(
                Ann, Chat, new PageQuery { BeforeSeq = before, Limit = limit, AsMessages = false }, default)).Value!;
            seen.InsertRange(0, page.Items.Select(static item => item.Seq));
            before = page.Next;
        }

        for (var after = middle.NextAfter; after is not null;)
        {
            var page = (await _reader.ReadPageAsync(
                Ann, Chat, new PageQuery { AfterSeq = after, Limit = limit, AsMessages = false }, default)).Value!;
            seen.AddRange(page.Items.Select(static item => item.Seq));
            after = page.Next;
        }

        Assert.Equal(Enumerable.Range(1, 30).Select(static seq => (long)seq), seen);
    }

    [Fact]
    public async Task A_page_around_a_seq_of_long_messages_stays_within_its_bytes()
    {
        await Write(ChatEvents.Of(
            [
                Records.Created("ann", 0, "bob"),
                .. Enumerable.Range(1, 30).Select(i => Records.Message("bob", i, new string('x', 15_000))),
            ],
            Chat.Value));
        var page = (await _reader.ReadPageAsync(
            Ann, Chat, new PageQuery { AroundSeq = 15, Limit = 100 }, default)).Value!;
        Assert.InRange(page.Items.Sum(static item => Core.Outboxes.FrameBytes.Of(item).Length), 1, Limits.PageBytesMax);
        Assert.Equal(15, page.NextAfter);
        Assert.Equal(page.Items[0].Seq, page.NextBefore);
    }

    [Fact]
    public async Task A_page_of_messages_reads_past_reactions_a_bounded_number_of_them_at_a_time()
    {
        var target = Records.Target(2, "bob");
        Record[] records = [
            Records.Created("ann", 0, "bob"), Records.Message("bob", 1),
            .. Enumerable.Range(2, 9000).Select(i => Records.React("ann", i, target, on: i % 2 == 0)),
        ];
        await Write(ChatEvents.Of(records, Chat.Value));

        var (seen, before, reached) = (new List<long>(), default(long?), 9_003L);
        do
        {
            var page = (await _reader.ReadPageAsync(
                Ann, Chat, new PageQuery { Limit = 10, BeforeSeq = before }, default)).Value!;
            seen.AddRange(page.Items.Select(static item => item.Seq));
            before = page.Next;
            Assert.InRange(reached - (before ?? 1), 1, PageScanner.TokensMax + 64);
            reached = before ?? 1;
        }
        while (before is not null);
        Assert.Equal([2], seen);
    }

    [Fact]
    public async Task A_message_that_was_deleted_since_still_counts_as_unread()
    {
        var events = ChatEvents.Of(
            [
                Records.Created("ann", 0, "bob"), Records.Message("bob", 1), Records.Message("bob", 2),
                Records.Delete("bob", 3, Records.Target(2, "bob")),
            ],
            Chat.Value);
        await Write(events);

        Assert.Equal(2, Assert.Single((await _reader.Lists.ReadLatestAsync(
            UserId.Parse("ann"), null, 10, default)).Items).Unread);
        Assert.Equal(0, Assert.Single((await _reader.Lists.ReadLatestAsync(
            UserId.Parse("bob"), null, 10, default)).Items).Unread);
    }

    [Fact]
    public async Task Chats_that_changed_are_named_and_too_many_are_not()
    {
        for (var chat = 1UL; chat <= 5; chat++)
            await Write(ChatEvents.Of(
                [Records.Created("ann", 0, "bob", "cat", "dan", "eve", "fay"), Records.Message("bob", 1)], chat));
        var head = (await _memory.ReadHeadAsync(new ChatId(1), default))!;
        Assert.True(head.Pull);

        var all = await _reader.Lists.ReadChangedSinceAsync(Ann, head.TimeMs, _ => head.TimeMs, 5, default);
        Assert.Equal([1, 2, 3, 4, 5], all!.Select(chat => (int)chat.Chat.Value));
        Assert.All(all!, chat => Assert.Equal(2, chat.HeadSeq));
        Assert.Null(await _reader.Lists.ReadChangedSinceAsync(Ann, head.TimeMs, _ => head.TimeMs, 4, default));
        var later = head.TimeMs + 1;
        Assert.Empty((await _reader.Lists.ReadChangedSinceAsync(Ann, later, _ => later, 5, default))!);

        // An own mark on another device is a change as well.
        await _memory.RaiseMarkersAsync([new MarkerRaise(new ChatId(3), Ann, 0, 2, 1, head.TimeMs + 9)], default);
        Assert.Equal(new ChatId(3), Assert.Single(
            (await _reader.Lists.ReadChangedSinceAsync(Ann, head.TimeMs + 1, _ => head.TimeMs + 1, 5, default))!).Chat);
    }

    [Fact]
    public async Task The_list_is_latest_first_and_a_leaver_learns_nothing_of_what_the_chat_became()
    {
        for (var chat = 1UL; chat <= 3; chat++)
            await Write(ChatEvents.Of(
                [
                    Records.Created("ann", 0, "bob"),
                    .. Enumerable.Range(1, (int)chat * 10).Select(i => Records.Message("bob", i)),
                    Records.Remove("ann", 98, "bob"), Records.Retitle("ann", 99, "secret"),
                ],
                chat));

        var first = await _reader.Lists.ReadLatestAsync(Ann, null, 2, default);
        var second = await _reader.Lists.ReadLatestAsync(Ann, first.Next, 2, default);
        Assert.Equal(["3", "2", "1"], first.Items.Concat(second.Items).Select(chat => chat.Chat));
        Assert.Null(second.Next);
        Assert.All(first.Items, chat => Assert.Equal("secret", chat.Title));

        var left = (await _reader.Lists.ReadLatestAsync(UserId.Parse("bob"), null, 9, default)).Items;
        Assert.All(left, chat => Assert.Null(chat.Title));
        Assert.All(left, chat => Assert.Equal((0, chat.HeadSeq), (chat.Members, chat.Stay.To)));
    }

    private static List<SequencedEvent> Events(int count) => ChatEvents.Of(
        [Records.Created("ann", 0, "bob"), .. Enumerable.Range(1, count - 1).Select(i => Records.Message("bob", i))],
        Chat.Value);

    private ValueTask Write(List<SequencedEvent> events) =>
        _store.WriteAsync([HistoryRowsBuilder.Build(events)], default);
}
