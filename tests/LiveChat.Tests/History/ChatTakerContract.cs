using CsCheck;
using LiveChat.Core.Chats;
using LiveChat.Core.Contents;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using Xunit;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.History;

/// <summary>What <see cref="IChatTaker"/> promises, checked of every implementation: of a chat that was taken history
/// reads what it would read of one that was written, event by event.</summary>
public abstract class ChatTakerContract : StoreContract
{
    /// <summary>Above the number of members at which a chat is pulled.</summary>
    private const int ManyMembers = 60;

    private const int PullAt = 50;
    private static long _chats = 700_000_000;

    /// <summary>Of a hundred streams of records that a test makes up, how many this store is tried with.</summary>
    private protected virtual int StreamsPercent => 100;

    [Fact]
    public async Task What_was_taken_is_what_history_reads_in_parts_and_once_more() =>
        await Gen.Select(Gens.Stream, Gen.Int[0, 1 << 20]).SampleAsync(
            async (records, seed) =>
            {
                var chat = NextChat();
                var events = ChatEvents.Of(records, chat.Value);
                await TakeAsync(events, new Random(seed));
                await CheckAsync(chat, events);
                await TakeAsync(events, new Random(seed + 1));
                await CheckAsync(chat, events);
            },
            iter: 60 * StreamsPercent / 100,
            threads: 1);

    [Fact]
    public async Task A_chat_has_no_head_before_all_of_its_rows_and_both_are_there_behind_a_restart()
    {
        var chat = NextChat();
        var events = ChatEvents.Of(
            [Records.Created("ann", 1, "bob"), Records.Message("ann", 2), Records.Message("bob", 3)], chat.Value);
        var commit = HistoryRowsBuilder.Build(events);
        await Open.Taker.TakeAsync([new TakenChat(chat, [.. commit.Rows.Take(2)], Head: null)], default);
        Assert.Null(await Open.History.ReadHeadAsync(chat, default));
        await Open.Taker.TakeAsync([new TakenChat(chat, [.. commit.Rows.Skip(2)], commit.Head)], default);
        await Open.History.FlushAsync(new Dictionary<int, Position>(), default);
        await Open.RestartAsync();
        await CheckAsync(chat, events);
    }

    [Fact]
    public async Task A_pulled_chat_stays_one_and_is_in_the_list_of_each_of_its_many_members()
    {
        var chat = NextChat();
        var others = Enumerable.Range(0, ManyMembers).Select(static number => $"m{number:00}").ToArray();
        var created = Records.Created("ann", 1, [.. others.Append("bob").Order(StringComparer.Ordinal)]);
        (created.MembersMax, created.PullAt, created.PushBelow) = (200, PullAt, PullAt - 5);
        var events = ChatEvents.Of([created, Records.Message("ann", 2), Records.Message("bob", 3)], chat.Value);
        Assert.True(events[^1].After.Pull);
        await TakeAsync(events, new Random(1));
        await CheckAsync(chat, events);
        foreach (var user in others.Select(UserId.Parse))
            Assert.True(await Open.Users.ReadUserChatAsync(user, chat, default) is { Pull: true, ToSeq: null });
    }

    [Fact]
    public async Task A_deletion_that_was_open_is_gone_on_with_and_one_that_was_finished_is_not()
    {
        foreach (var finishedMs in (long[])[0, 9_000_000_000_000])
        {
            var chat = NextChat();
            var run = new ChatRun { Rules = new RulesV4() };
            Record[] records =
            [
                Records.Created("ann", 1, "bob"), Records.Message("ann", 2), Records.DeleteChat(3, "ann", "bob"),
            ];
            var events = records.Select(record => run.AcceptEvent(record.InChat(chat.Value))).ToList();
            await TakeAsync(events, new Random(1));
            var deletion = new ChatDeletion(chat, run.State.TimeMs) { FinishedMs = finishedMs };
            if (finishedMs > 0) await Open.Deletions.FinishAsync(deletion, default);
            await Open.History.FlushAsync(new Dictionary<int, Position>(), default);
            await Open.RestartAsync();
            Assert.True((await Open.History.ReadHeadAsync(chat, default))!.IsDeleted);
            Assert.Equal(deletion, await Open.Deletions.ReadAsync(chat, default));
            var open = await Open.Deletions.ReadOpenAsync(10_000, default);
            Assert.Equal(finishedMs == 0, open.Any(one => one.Chat == chat));
            await Open.Deletions.PurgeAsync(run.State, default);
            Assert.Null(await Open.History.ReadKeyAsync(chat, UserId.Parse("ann"), Records.Key(2), default));
            await Open.Deletions.FinishAsync(deletion with { FinishedMs = 9_000_000_000_000 }, default);
        }
    }

    [Fact]
    public async Task An_erasure_that_was_open_is_gone_on_with_and_one_that_was_finished_is_not()
    {
        var (open, finished) = (UserId.Parse($"open-{NextChat()}"), UserId.Parse($"finished-{NextChat()}"));
        ErasureLine[] lines =
        [
            new(new Erasure(open, 7_000) { TouchedMs = 7_100, Chats = 1 }),
            new(new Erasure(finished, 7_000) { TouchedMs = 7_200, FinishedMs = 7_200, Messages = 3 }),
        ];
        var taker = new ContentTaker(Open.Taker, Open.Users, Open.Identities, Open.Erasures, Open.Deletions);
        await taker.TakeAsync(lines, default);
        await taker.TakeAsync(lines, default);
        await Open.History.FlushAsync(new Dictionary<int, Position>(), default);
        await Open.RestartAsync();
        Assert.Equal(
            lines.Select(static line => line.Erasure), await Open.Erasures.ReadAsync([open, finished], default));
        var found = (await Open.Erasures.ReadOpenAsync(10_000, default)).Select(static one => one.User).ToList();
        Assert.Contains(open, found);
        Assert.DoesNotContain(finished, found);

        // For those who come behind this test.
        await Open.Erasures.SaveAsync(lines[0].Erasure with { TouchedMs = 7_300, FinishedMs = 7_300 }, default);
    }

    private static ChatId NextChat() => new((ulong)Interlocked.Increment(ref _chats));

    /// <summary>The rows of all events in parts, and the head with the last one.</summary>
    private async Task TakeAsync(List<SequencedEvent> events, Random random)
    {
        if (events.Count == 0) return;
        var commit = HistoryRowsBuilder.Build(events);
        var cut = random.Next(0, commit.Rows.Count);
        var chat = commit.Head.Chat;
        if (cut > 0)
            await Open.Taker.TakeAsync([new TakenChat(chat, [.. commit.Rows.Take(cut)], Head: null)], default);
        await Open.Taker.TakeAsync([new TakenChat(chat, [.. commit.Rows.Skip(cut)], commit.Head)], default);
    }

    private async Task CheckAsync(ChatId chat, List<SequencedEvent> events)
    {
        if (events.Count == 0) return;
        Assert.Equal(
            PlainHistory.Lines(events), await HistoryDump.LinesAsync(Open.History, Open.Users, chat, events));
    }
}
