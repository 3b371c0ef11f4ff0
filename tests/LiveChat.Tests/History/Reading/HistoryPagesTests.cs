using CsCheck;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Identities;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Kind = LiveChat.Core.Log.Record.BodyOneofCase;

namespace LiveChat.Tests.History.Reading;

/// <summary>
/// Pages against the plain list of a chat's events: for every user, wherever history ends and the tail cache goes
/// on, walking in either direction gives each event of the user's stays once, and nothing else.
/// </summary>
public class HistoryPagesTests
{
    private static readonly ChatId Chat = new(7);

    private static readonly Gen<(List<SequencedEvent> Events, int Stored, string User, int Limit)> Cases =
        Gen.Select(Gens.Stream, Gen.Double.Unit, Gen.OneOf(HistoryDump.Users), Gen.Int[1, 7])
            .Select(t =>
            {
                var events = ChatEvents.Of(t.Item1, Chat.Value);
                return (events, (int)(t.Item2 * events.Count), t.Item3, t.Item4);
            });

    [Fact]
    public Task Walking_up_shows_each_event_of_the_stays_once_and_nothing_else() => Cases.SampleAsync(
        async c =>
        {
            var reader = await ReaderOf(c.Events, c.Stored);
            var wanted = Visible(c.Events, c.User);
            var seen = new List<ChatEvent>();
            long? after = 0;
            for (var pages = 0; after is not null && pages < 100; pages++)
            {
                var page = await reader.ReadPageAsync(
                    UserId.Parse(c.User), Chat,
                    new PageQuery { AfterSeq = after, Limit = c.Limit, AsMessages = false }, default);
                if (wanted.Count == 0)
                {
                    Assert.Equal(ErrorCode.NotFound, page.Error);
                    return;
                }

                Assert.Equal(wanted[^1], page.Value!.HeadSeq);
                Assert.True(page.Value.Items.Count <= c.Limit, "A page holds no more than was asked for.");
                Assert.All(page.Value.Items, item => Assert.Contains(
                    page.Value.Stays, stay => stay.From <= item.Seq && item.Seq <= (stay.To ?? long.MaxValue)));
                seen.AddRange(page.Value.Items);
                after = page.Value.Next;
            }

            Assert.Equal(wanted, seen.Select(item => item.Seq));
            Assert.All(seen, item => AssertTellsNoMore(item, c.Events, c.User));
        },
        iter: 300,
        threads: 1);

    [Fact]
    public Task Walking_down_shows_each_message_of_the_stays_once_folded_within_its_stay() => Cases.SampleAsync(
        async c =>
        {
            var reader = await ReaderOf(c.Events, c.Stored);
            var wanted = Visible(c.Events, c.User)
                .Where(seq => c.Events[(int)seq - 1].Record.BodyCase == Kind.Message).Reverse().ToList();
            if (Visible(c.Events, c.User).Count == 0)
                return;
            var seen = new List<ChatEvent>();
            long? before = null;
            for (var pages = 0; pages < 100; pages++)
            {
                var page = (await reader.ReadPageAsync(
                    UserId.Parse(c.User), Chat, new PageQuery { BeforeSeq = before, Limit = c.Limit }, default)).Value!;
                seen.AddRange(page.Items.Reverse());
                if ((before = page.Next) is null)
                    break;
            }

            Assert.Equal(wanted, seen.Select(item => item.Seq));
            Assert.All(seen, item => AssertFolded((MessageCreated)item, c.Events, c.User));
        },
        iter: 300,
        threads: 1);

    [Fact]
    public async Task A_page_shows_the_reactions_that_were_set_first_and_stays_within_its_bytes()
    {
        var target = Records.Target(2, "ann");
        var events = ChatEvents.Of(
            [
                Records.Created("ann", 0, "bob"), Records.Message("ann", 1, new string('x', 15_000)),
                .. Enumerable.Range(0, 600).Select(i => Reaction(i, target)),
            ],
            Chat.Value);
        var page = await (await ReaderOf(events, 300))
            .ReadPageAsync(UserId.Parse("bob"), Chat, new PageQuery(), default);

        var item = Assert.IsType<MessageCreated>(Assert.Single(page.Value!.Items));
        Assert.Equal(FoldedEvent.ReactionsMax, item.Reactions!.Count);
        Assert.Equal(events[2].Record.Reaction.Emoji, item.Reactions[0].Emoji);
        Assert.InRange(Core.Outboxes.FrameBytes.Of(item).Length, 0, Limits.PageBytesMax);
    }

    /// <summary>Messages with many reactions make shorter pages, not dearer ones.</summary>
    [Fact]
    public async Task Pages_over_many_reactions_end_early_and_are_the_whole_in_every_direction()
    {
        const int Messages = 12;
        const int Reactions = 900;
        var records = Enumerable.Range(0, Messages).SelectMany(m => (Core.Log.Record[])
            [
                Records.Message("ann", m),
                .. Enumerable.Range(0, Reactions).Select(i =>
                    Reaction((m * Reactions) + i, Records.Target(2 + ((long)m * (Reactions + 1)), "ann"))),
            ]);
        var events = ChatEvents.Of([Records.Created("ann", 9_999, "bob"), .. records], Chat.Value);
        var reader = await ReaderOf(events, events.Count);
        var wanted = Enumerable.Range(0, Messages).Select(static m => 2 + ((long)m * (Reactions + 1))).ToList();

        foreach (var start in (PageQuery[])
            [new() { AfterSeq = 0 }, new() { BeforeSeq = events.Count + 1 }, new() { AroundSeq = wanted[6] }])
        {
            var (seen, pages) = (new List<ChatEvent>(), new Queue<PageQuery>([start with { Limit = 100 }]));
            while (pages.TryDequeue(out var query))
            {
                var page = (await reader.ReadPageAsync(UserId.Parse("bob"), Chat, query, default)).Value!;
                Assert.InRange(page.Items.Count, 0, Messages - 1);
                seen.AddRange(page.Items);
                if (page.Next is { } next)
                    pages.Enqueue(query.AfterSeq is null
                        ? query with { BeforeSeq = next }
                        : query with { AfterSeq = next });
                if (page.NextBefore is { } before)
                    pages.Enqueue(new PageQuery { BeforeSeq = before, Limit = 100 });
                if (page.NextAfter is { } after) pages.Enqueue(new PageQuery { AfterSeq = after, Limit = 100 });
            }

            Assert.Equal(wanted, seen.Select(static item => item.Seq).Order());
            Assert.All(seen, static item =>
                Assert.Equal(FoldedEvent.ReactionsMax, ((MessageCreated)item).Reactions!.Count));
        }
    }

    [Fact]
    public async Task A_message_that_is_deleted_twice_names_the_later_deletion_wherever_it_is_read()
    {
        var target = Records.Target(2, "ann");
        var events = ChatEvents.Of(
            [
                Records.Created("ann", 0, "bob"), Records.Message("ann", 1), Records.Delete("ann", 2, target),
                Records.Delete("ann", 3, target),
            ],
            Chat.Value);
        for (var stored = 0; stored <= events.Count; stored++)
        {
            var page = await (await ReaderOf(events, stored))
                .ReadPageAsync(UserId.Parse("bob"), Chat, new PageQuery(), default);
            Assert.Equal(4, Assert.IsType<MessageCreated>(Assert.Single(page.Value!.Items)).DeletedSeq);
        }
    }

    [Fact]
    public Task A_page_is_the_same_wherever_history_ends_and_the_tail_goes_on() => Cases.SampleAsync(
        async c =>
        {
            var (inTail, inHistory) = (await ReaderOf(c.Events, c.Stored), await ReaderOf(c.Events, c.Events.Count));
            foreach (var asMessages in (bool[])[true, false])
                foreach (var query in Queries(c.Events.Count, c.Limit, asMessages))
                {
                    var one = await inTail.ReadPageAsync(UserId.Parse(c.User), Chat, query, default);
                    var other = await inHistory.ReadPageAsync(UserId.Parse(c.User), Chat, query, default);
                    Assert.Equal(other.Error, one.Error);
                    Assert.Equal(Text(other.Value), Text(one.Value));
                }
        },
        iter: 150,
        threads: 1);

    private static IEnumerable<PageQuery> Queries(int count, int limit, bool asMessages)
    {
        var start = new PageQuery { Limit = limit, AsMessages = asMessages };
        yield return start;
        for (var seq = 1; seq <= count; seq += 3)
        {
            yield return start with { BeforeSeq = seq };
            yield return start with { AfterSeq = seq };
            yield return start with { AroundSeq = seq };
        }
    }

    /// <summary>Where the target's content would be, there is nothing for who may not see the target.</summary>
    private static void AssertTellsNoMore(ChatEvent item, List<SequencedEvent> events, string user)
    {
        var target = (long)(events[(int)item.Seq - 1].Record.Target?.Seq ?? 0);
        var (from, _) = Stays(events, user).Single(stay => item.Seq >= stay.From && item.Seq <= stay.To);
        var deleted = events.Any(e => e.Record.BodyCase == Kind.Delete && (long)e.Record.Target.Seq == target);
        if (item is MessageEdited edited)
            Assert.Equal(target >= from && !deleted, edited.Body is not null);
        if (item is ReactionChanged reaction)
            Assert.Equal(target >= from, reaction.Emoji is not null);
    }

    private static void AssertFolded(MessageCreated item, List<SequencedEvent> events, string user)
    {
        var (from, to) = Stays(events, user).Single(stay => item.Seq >= stay.From && item.Seq <= stay.To);
        var on = events.Where(e => e.Record.Target?.Seq == (ulong)item.Seq).ToList();
        var inside = on.Where(e => e.After.Seq >= from && e.After.Seq <= to).ToList();
        if (on.LastOrDefault(e => e.Record.BodyCase == Kind.Delete) is { } deletion)
        {
            // Of two deletions the later one is named, hence none to a reader whose stay ended between them.
            Assert.Null(item.Body);
            Assert.Null(item.Reactions);
            Assert.Equal(inside.Contains(deletion) ? deletion.After.Seq : null, item.DeletedSeq);
            return;
        }

        var edit = inside.LastOrDefault(e => e.Record.BodyCase == Kind.Edit);
        Assert.Equal(edit?.After.Seq, item.EditedSeq);
        Assert.Equal(
            edit?.Record.Edit.Body.Text ?? events[(int)item.Seq - 1].Record.Message.Body.Text, item.Body!.Text);
        var reactions = inside
            .Where(e => e.Record.BodyCase == Kind.Reaction)
            .GroupBy(e => e.Sender.Value)
            .Select(group => group.Last())
            .Where(e => e.Record.Reaction.On)
            .Select(e => e.Sender.Value);
        Assert.Equal(reactions.Order(), (item.Reactions ?? []).Select(reaction => reaction.User).Order());
    }

    private static List<long> Visible(List<SequencedEvent> events, string user) =>
        [.. Stays(events, user).SelectMany(stay =>
            events.Select(e => e.After.Seq).Where(seq => seq >= stay.From && seq <= stay.To))];

    private static List<(long From, long To)> Stays(List<SequencedEvent> events, string user)
    {
        var stays = new List<(long From, long To)>();
        var isIn = false;
        foreach (var e in events)
        {
            var now = e.After.Roster.Contains(UserId.Parse(user));
            if (now && !isIn)
                stays.Add((e.After.Seq, long.MaxValue));
            else if (isIn && !now)
                stays[^1] = (stays[^1].From, e.After.Seq);
            isIn = now;
        }

        return stays;
    }

    private static Core.Log.Record Reaction(int number, Core.Log.Target target)
    {
        var record = Records.React("bob", 10 + number, target);
        record.Reaction.Emoji = $"{number}".PadLeft(Limits.EmojiBytesMax, '+');
        return record;
    }

    private static async Task<HistoryReader> ReaderOf(List<SequencedEvent> events, int stored)
    {
        var (store, tails) = (new InMemoryHistoryStore("epoch"), new TailCache());
        if (stored > 0)
            await store.WriteAsync([HistoryRowsBuilder.Build(events[..stored])], default);

        // Rows of a torn commit may lie above the head, and the tail may begin below it.
        if (stored < events.Count)
            foreach (var row in HistoryRowsBuilder.Build(events[stored..]).Rows.Where((_, i) => i % 2 == 0))
                store.Apply(Chat, row);
        foreach (var e in events.Skip(stored / 2))
            tails.Add(HistoryRowsBuilder.WholeOf(e));
        var time = new FakeTimeProvider();
        return new HistoryReader(
            store, store, new InMemoryIdentityStore(), tails, static (_, _) => true,
            new HeadLooks(store, static _ => { }, time), time, static (_, _) => { });
    }

    private static string Text(Page? page) => page is null ? "" : string.Join('\n', [
        $"{page.HeadSeq} {page.HeadN} {page.Next} {string.Join(' ', page.Stays)}",
        .. page.Items.Select(item => System.Text.Json.JsonSerializer.Serialize(item, item.GetType())),
    ]);
}
