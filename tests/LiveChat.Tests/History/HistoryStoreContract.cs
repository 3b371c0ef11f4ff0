using System.Collections.ObjectModel;
using System.Globalization;
using CsCheck;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using Xunit;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.History;

/// <summary>What <see cref="IHistoryStore"/> promises, checked of every implementation.</summary>
public abstract class HistoryStoreContract : StoreContract
{
    private static readonly UserId Ann = UserId.Parse("ann");
    private static readonly string[] Months = ["2024-03-01", "2025-12-01", "2026-01-01"];
    private static long _chats = 100;

    private IHistoryStore Store => Open.History;

    /// <summary>Of a hundred streams of records that a test makes up, how many this store is tried with.</summary>
    private protected virtual int StreamsPercent => 100;

    [Fact]
    public async Task What_was_written_is_read_back_whatever_is_cut_repeated_or_late() =>
        await Gen.Select(Gens.Stream, Gen.Int[0, 1 << 20]).SampleAsync(
            async (records, seed) =>
            {
                var chat = NextChat();
                var events = ChatEvents.Of(records, chat.Value);
                var random = new Random(seed);
                for (var done = 0; done < events.Count;)
                {
                    var from = done;
                    done += random.Next(1, events.Count - done + 1);

                    // A worker that restarts writes again from somewhere below the head.
                    if (random.Next(3) == 0) from = random.Next(0, from + 1);
                    await Store.WriteAsync([HistoryRowsBuilder.Build(events[from..done])], default);
                    if (random.Next(2) == 0) await WriteLate(events[..done], random);
                    Assert.Equal(
                        PlainHistory.Lines(events[..done]),
                        await HistoryDump.LinesAsync(Store, Open.Users, chat, events[..done]));
                }
            },
            iter: 150 * StreamsPercent / 100,
            threads: 1);

    [Fact]
    public async Task A_chat_that_was_never_written_has_nothing()
    {
        var chat = NextChat();
        Assert.Null(await Store.ReadHeadAsync(chat, default));
        Assert.Null(await Store.ReadKeyAsync(chat, Ann, Records.Key(1), default));
        Assert.Empty(await Store.ReadEventsAsync(chat, 1, 100, 100, 0, default));
        Assert.Empty(await Store.ReadStaysAsync(chat, Ann, default));
    }

    /// <summary>A former version took what ingest refuses now, and its records may lie in the log.</summary>
    [Fact]
    public async Task An_emoji_is_read_as_it_was_set_whatever_it_holds()
    {
        var chat = NextChat();
        string[] emojis = ["+", "\0", "\0\0", "+\0bob", "a\u0001", "漢\0", "😀", new('\0', 64)];
        var records = new List<Record> { Records.Created("ann", 1, "bob"), Records.Message("ann", 2) };
        foreach (var (i, emoji) in emojis.Index())
        {
            var reaction = Records.React("bob", i + 3, Records.Target(2, "ann"));
            reaction.Reaction.Emoji = emoji;
            records.Add(reaction);
        }

        await Store.WriteAsync([HistoryRowsBuilder.Build(ChatEvents.Of(records, chat.Value))], default);
        var entries = await Store.ReadEventsAsync(chat, 1, 100, 100, long.MaxValue, default);
        var reactions = entries.Single(static entry => entry.Event.Seq == 2).Reactions;
        Assert.All(reactions, static reaction => Assert.Equal("bob", reaction.User.Value));
        Assert.Equal(emojis.Order(StringComparer.Ordinal), reactions.Select(static reaction => reaction.Emoji)
            .Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Chats_and_users_whose_ids_begin_alike_do_not_mix()
    {
        var chats = new[] { NextChat(), NextChat() };
        var names = new[] { "a", "aa", "a.a" };
        var commits = chats.Select(chat => HistoryRowsBuilder.Build(
            ChatEvents.Of([Records.Created(names[0], 1, names[1])], chat.Value)));
        await Store.WriteAsync([.. commits], default);

        foreach (var chat in chats)
        {
            Assert.Single(await Store.ReadEventsAsync(chat, 1, 8192, 8192, 0, default));
            Assert.Single(await Store.ReadStaysAsync(chat, UserId.Parse(names[0]), default));
            Assert.Single(await Store.ReadStaysAsync(chat, UserId.Parse(names[1]), default));
            Assert.Empty(await Store.ReadStaysAsync(chat, UserId.Parse(names[2]), default));
            Assert.NotNull(await Store.ReadKeyAsync(chat, UserId.Parse(names[0]), Records.Key(1), default));
            Assert.Null(await Store.ReadKeyAsync(chat, UserId.Parse(names[1]), Records.Key(1), default));
        }
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("title", "")]
    [InlineData("", "{\"a\":1}")]
    [InlineData("title", "{\"a\":1}")]
    public async Task The_member_whose_answer_a_chat_awaits_is_read_back_beside_its_texts(string title, string custom)
    {
        var chat = NextChat();
        var run = new ChatRun { Rules = new RulesV2() };
        var created = HistoryRowsBuilder.Build(
            [run.AcceptEvent(Records.Direct("ann", 1, "bob").Limited(3).InChat(chat.Value))]);
        await Store.WriteAsync(
            [created with { Head = created.Head with { Title = title, Custom = custom } }], default);
        var head = (await Store.ReadHeadAsync(chat, default))!;
        Assert.Equal((UserId.Parse("bob"), title, custom), (head.Awaits!.Value, head.Title, head.Custom));

        var answer = run.AcceptEvent(Records.Message("bob", 2).Limited(3).InChat(chat.Value));
        await Store.WriteAsync([HistoryRowsBuilder.Build([answer])], default);
        Assert.Null((await Store.ReadHeadAsync(chat, default))!.Awaits);
    }

    [Fact]
    public async Task Any_range_is_the_same_part_of_the_whole()
    {
        var chat = NextChat();
        var events = ChatEvents.Of(
            [Records.Created("ann", 0, "bob"), .. Enumerable.Range(1, 40).Select(i => Records.Message("bob", i))],
            chat.Value);
        await Store.WriteAsync([HistoryRowsBuilder.Build(events)], default);

        for (var from = 1; from <= 42; from++)
            foreach (var to in (int[])[from, from + 3, 41, from + 8191])
            {
                var seqs = (await Store.ReadEventsAsync(chat, from, to, to, 0, default)).Select(e => (int)e.Event.Seq);
                Assert.Equal(Enumerable.Range(1, 41).Where(seq => seq >= from && seq <= to), seqs);
            }
    }

    [Fact]
    public async Task Of_the_edits_on_each_message_the_newest_up_to_a_seq_is_read()
    {
        var chat = NextChat();
        var random = new Random(5);
        Record[] records =
        [
            Records.Created("ann", 0, "bob"),
            .. Enumerable.Range(1, 6).Select(i => Records.Message("bob", i)),
            .. Enumerable.Range(7, 30).Select(i => Records.Edit("bob", i, Records.Target(random.Next(2, 7), "bob"))),
        ];
        var events = ChatEvents.Of(records, chat.Value);
        Assert.Equal(records.Length, events.Count);
        await Store.WriteAsync([HistoryRowsBuilder.Build(events)], default);

        for (var editsTo = 1; editsTo <= events.Count + 1; editsTo++)
        {
            var read = await Store.ReadEventsAsync(chat, 1, 7, editsTo, 0, default);
            Assert.Equal(
                Enumerable.Range(1, 7).Select(target => events.LastOrDefault(
                    e => e.After.Seq <= editsTo && e.Record.Edit is not null && e.Record.Target.Seq == (ulong)target)
                    ?.After.Seq),
                read.Select(entry => entry.Edit?.EditSeq));
        }
    }

    /// <summary>A stay that is over shows them as they were at its end, also those that were taken back since.
    /// </summary>
    [Fact]
    public async Task The_reactions_on_each_message_are_read_as_they_were_at_a_seq()
    {
        var chat = NextChat();
        var random = new Random(11);
        Record[] records =
        [
            Records.Created("ann", 0, "bob"), Records.Message("bob", 1), Records.Message("ann", 2),
            .. Enumerable.Range(3, 40).Select(i => Records.React(
                random.Next(2) == 0 ? "ann" : "bob",
                i,
                Records.Target(random.Next(2, 4), "bob"),
                on: random.Next(2) == 0,
                emoji: random.Next(2) == 0 ? "+1" : "\u00e9")),
        ];
        var events = ChatEvents.Of(records, chat.Value);
        Assert.Equal(records.Length, events.Count);
        await Store.WriteAsync([HistoryRowsBuilder.Build(events)], default);

        foreach (var seq in Enumerable.Range(1, events.Count).Select(static seq => (long)seq)
            .Append(IHistoryStore.ReactionsNow))
        {
            var read = await Store.ReadEventsAsync(chat, 1, 3, 3, seq, default);
            foreach (var entry in read)
                Assert.Equal(OnAt(entry.Event.Seq, seq), entry.Reactions.Select(static row => row.EventSeq));
        }

        Assert.All(await Store.ReadEventsAsync(chat, 1, 3, 3, 0, default), entry => Assert.Empty(entry.Reactions));

        IEnumerable<long> OnAt(ulong target, long seq) => events
            .Where(e => e.After.Seq <= seq && e.Record.Reaction is not null && e.Record.Target.Seq == target)
            .GroupBy(e => (e.Sender, e.Record.Reaction.Emoji))
            .Select(static ofOne => ofOne.Last())
            .Where(static last => last.Record.Reaction.On)
            .Select(static last => last.After.Seq)
            .Order();
    }

    [Fact]
    public async Task What_an_edit_said_is_read_with_the_edit_while_its_message_has_content()
    {
        var chat = NextChat();
        var (first, second) = (Records.Target(2, "ann"), Records.Target(3, "ann"));
        var events = ChatEvents.Of(
            [
                Records.Created("ann", 0, "bob"), Records.Message("ann", 1), Records.Message("ann", 2),
                Records.Edit("ann", 3, first), Records.Edit("ann", 4, first), Records.Edit("ann", 5, second),
                Records.Delete("ann", 6, second), Records.Edit("ann", 7, second),
            ],
            chat.Value);
        Assert.Equal(8, events.Count);
        events[4].Record.Edit.Body.Text = "again";
        await Store.WriteAsync([HistoryRowsBuilder.Build(events)], default);

        foreach (var isDownward in (bool[])[false, true])
        {
            var range = new EventRange(1, 8) { WithEditBodies = true, IsDownward = isDownward };
            var read = (await Store.ReadEventsAsync(chat, range, default)).Entries;
            Assert.Equal(
                [null, "text", null, "edited", "again", null, null, null],
                read.Select(static entry => entry.Content?.Text));
        }
    }

    /// <summary>Whatever the bound, each read gives an event at least, and the parts are the whole.</summary>
    [Fact]
    public async Task A_read_that_would_cost_too_much_ends_behind_an_event_and_can_be_gone_on_with() =>
        await Gen.Select(Gens.Stream, Gen.Int[1, 30], Gen.Bool, Gen.Int[0, 3]).SampleAsync(
            async (records, tokensMax, isDownward, kind) =>
            {
                var chat = NextChat();
                var events = ChatEvents.Of(
                    [.. records, .. Enumerable.Range(0, 12).Select(i => Records.React(
                        "ann", 2_000 + i, Records.Target(2 + (i % 3), "ann"), emoji: $"{i}"))],
                    chat.Value);
                await Store.WriteAsync([HistoryRowsBuilder.Build(events)], default);
                var left = new EventRange(1, events.Count)
                {
                    EditsTo = kind == 0 ? 0 : events.Count - (2 * kind),
                    ReactionsTo = kind switch { 0 => 0, 1 => events.Count - 3, _ => IHistoryStore.ReactionsNow },
                    WithEditBodies = kind == 0,
                    IsDownward = isDownward,
                };
                var whole = await Store.ReadEventsAsync(chat, left, default);
                Assert.False(whole.IsCut);
                var seen = new List<HistoryEntry>();
                while (left.From <= left.To)
                {
                    var part = await Store.ReadEventsAsync(chat, left with { TokensMax = tokensMax }, default);
                    Assert.NotEmpty(part.Entries);
                    Assert.True(part.Cost.Rows >= part.Entries.Count, "Each event is a row at least.");
                    seen.InsertRange(isDownward ? 0 : seen.Count, part.Entries);
                    if (!part.IsCut) break;
                    left = isDownward
                        ? left with { To = (long)part.Entries[0].Event.Seq - 1 }
                        : left with { From = (long)part.Entries[^1].Event.Seq + 1 };
                }

                Assert.Equal(whole.Entries.Select(LineOf), seen.Select(LineOf));
            },
            iter: 120 * StreamsPercent / 100,
            threads: 1);

    [Fact]
    public async Task Of_many_stays_the_latest_are_read()
    {
        var chat = NextChat();
        var run = Enumerable.Range(0, IHistoryStore.StaysMax + 4).SelectMany(static i => (Record[])
            [Records.Add("ann", 1 + (2 * i), "bob"), Records.Remove("ann", 2 + (2 * i), "bob")]);
        var events = ChatEvents.Of([Records.Created("ann", 0, "cat"), .. run], chat.Value);
        await Store.WriteAsync([HistoryRowsBuilder.Build(events)], default);
        var stays = await Store.ReadStaysAsync(chat, UserId.Parse("bob"), default);
        Assert.Equal(
            Enumerable.Range(4, IHistoryStore.StaysMax).Select(static i => new MemberStay(2 + (2 * i), 3 + (2 * i))),
            stays);
    }

    /// <summary>A cluster splits the keys of a sender by the month of their time: none may fall between two.</summary>
    [Fact]
    public async Task A_key_is_found_whatever_its_time_also_at_a_months_edge()
    {
        var chat = NextChat();
        long[] times =
        [
            1, // 1970
            .. Months.SelectMany(day =>
            {
                var begin = DateTimeOffset.Parse(day + "T00:00:00Z", CultureInfo.InvariantCulture);
                return (long[])[begin.ToUnixTimeMilliseconds() - 1, begin.ToUnixTimeMilliseconds()];
            }),
            Records.StartMs + RulesV1.KeyAheadMsMax,
        ];
        var events = ChatEvents.Of(
            [
                Records.Created("ann", 0, "bob"),
                .. times.Select(time => Records.Message("bob", 1, "text", time)),
            ],
            chat.Value);
        Assert.Equal(times.Length + 1, events.Count);
        await Store.WriteAsync([HistoryRowsBuilder.Build(events)], default);

        foreach (var e in events)
        {
            Assert.Equal(e.Use, await Store.ReadKeyAsync(chat, e.Sender, e.ClientId, default));
            var other = e.Sender == Ann ? UserId.Parse("bob") : Ann;
            Assert.Null(await Store.ReadKeyAsync(chat, other, e.ClientId, default));
        }
    }

    [Fact]
    public async Task Erased_content_never_comes_back()
    {
        var chat = NextChat();
        var target = Records.Target(2, "bob");
        Record[] records = [
            Records.Created("ann", 0, "bob"), Records.Message("bob", 1), Records.Edit("bob", 2, target),
            Records.Delete("bob", 3, target), Records.Edit("bob", 4, target), Records.Message("bob", 5),
        ];
        var events = ChatEvents.Of(records, chat.Value);
        Assert.Equal(6, events.Count);
        await Store.WriteAsync([HistoryRowsBuilder.Build(events[..4])], default);
        await AssertErased(chat);
        await Store.WriteAsync([HistoryRowsBuilder.Build(events[1..3])], default);
        await AssertErased(chat);
        await Store.WriteAsync([HistoryRowsBuilder.Build(events[1..5])], default);
        await AssertErased(chat);
        await Store.WriteAsync([HistoryRowsBuilder.Build(events)], default);
        await AssertErased(chat);
    }

    [Fact]
    public async Task What_was_written_before_a_flush_is_there_after_a_restart()
    {
        var chat = NextChat();
        var events = ChatEvents.Of(
            [Records.Created("ann", 0, "bob"), Records.Message("bob", 1), Records.Message("bob", 2)], chat.Value);
        await Store.WriteAsync([HistoryRowsBuilder.Build(events)], default);
        await Store.FlushAsync(ReadOnlyDictionary<int, Position>.Empty, default);
        var epoch = Store.Epoch;
        await Open.RestartAsync();

        Assert.Equal(epoch, Store.Epoch);
        Assert.Equal(
            PlainHistory.Lines(events), await HistoryDump.LinesAsync(Store, Open.Users, chat, events));
    }

    private async Task WriteLate(List<SequencedEvent> events, Random random)
    {
        var from = random.Next(0, events.Count);
        var to = random.Next(from + 1, events.Count + 1);
        await Store.WriteAsync([HistoryRowsBuilder.Build(events[from..to])], default);
    }

    private async Task AssertErased(ChatId chat)
    {
        var entry = Assert.Single(await Store.ReadEventsAsync(chat, 2, 2, 6, 0, default));
        Assert.Null(entry.Content);
        Assert.Null(entry.Edit);
        Assert.Equal(4, entry.DeletedSeq);
    }

    private static string LineOf(HistoryEntry entry) =>
        $"{entry.Event.Seq} {entry.Content?.Text} {entry.DeletedSeq} {entry.Edit?.EditSeq} "
        + string.Join(' ', entry.Reactions.Select(static row => row.EventSeq));

    private static ChatId NextChat() => new((ulong)Interlocked.Increment(ref _chats));
}
