using CsCheck;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using Xunit;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.History;

/// <summary>What <see cref="IUserStore"/> promises, checked of every implementation.</summary>
public abstract class UserStoreContract : StoreContract
{
    private const long ChatsOfTest = 1_000_000;
    private static int _tests;

    /// <summary>In front of every name and scope: implementations may keep what other tests wrote.</summary>
    private readonly string _test;
    private long _chats;

    protected UserStoreContract()
    {
        var test = Interlocked.Increment(ref _tests);
        (_test, _chats) = ($"{test}-", 100 + (test * ChatsOfTest));
    }

    private UserId Ann => User("ann");

    private UserId Bob => User("bob");

    private UserId[] Everybody => [User("a"), Ann, Bob, User("bobby")];

    private IUserStore Store => Open.Users;

    [Fact]
    public async Task Of_claims_at_the_same_time_one_wins_and_all_are_told_which()
    {
        for (var scope = 0; scope < 5; scope++)
        {
            var claims = Enumerable.Range(1, 8).Select(i => Claim((ulong)i, $"u{i}")).ToArray();
            var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var name = $"{_test}scope:{scope}";
            var racing = claims.Select(claim => Task.Run(async () =>
            {
                await start.Task;
                return await Store.ClaimChatAsync(name, claim, default);
            })).ToArray();
            start.SetResult();

            var told = await Task.WhenAll(racing);
            var winner = claims.Single(claim => claim.Chat == told[0].Chat);
            Assert.All(told, claim => AssertSame(winner, claim));
            AssertSame(winner, await Store.ClaimChatAsync(name, Claim(99, "late"), default));
        }
    }

    [Fact]
    public async Task Scopes_that_begin_alike_are_claimed_apart()
    {
        foreach (var (scope, chat) in ((string, ulong)[])[("d:a:b", 1), ("d:a:bb", 2), ("d:a", 3)])
        {
            var held = await Store.ClaimChatAsync(_test + scope, Claim(chat, "ann"), default);
            Assert.Equal(new ChatId(chat), held.Chat);
        }
    }

    [Fact]
    public async Task Markers_only_rise_whatever_the_order() =>
        await Gen.Select(Gen.OneOf("ann", "bob"), Gen.Long[0, 20], Gen.Long[0, 20], Gen.Long[1, 100])
            .Array[1, 20]
            .SampleAsync(
                async raises =>
                {
                    var chat = NextChat();
                    foreach (var part in raises.Chunk(3))
                        await Store.RaiseMarkersAsync(
                            [.. part.Select(r => new MarkerRaise(
                                chat, User(r.Item1), r.Item2, r.Item3, r.Item3 / 2, r.Item4))],
                            default);

                    var markers = (await Store.ReadMarkersAsync(chat, Everybody, default))
                        .ToDictionary(m => m.User.Value);
                    foreach (var mine in raises.GroupBy(r => r.Item1))
                    {
                        var (delivered, read) = (mine.Max(r => r.Item2), mine.Max(r => r.Item3));
                        var marker = markers.GetValueOrDefault(_test + mine.Key);
                        Assert.Equal((delivered, read), (marker.DeliveredSeq, marker.ReadSeq));
                    }
                },
                iter: 40,
                threads: 1);

    [Fact]
    public async Task Of_all_who_marked_those_are_read_who_are_asked_for()
    {
        var chat = NextChat();
        for (var i = 0; i < 20; i++)
            await Store.RaiseMarkersAsync([new MarkerRaise(chat, User($"left-{i}"), 0, 1 + i, 1, 5)], default);
        await Mark(Bob, chat, 3, 2);
        Assert.Equal([Bob], (await Store.ReadMarkersAsync(chat, Everybody, default)).Select(static it => it.User));
        Assert.Empty(await Store.ReadMarkersAsync(NextChat(), Everybody, default));
        Assert.Empty(await Store.ReadMarkersAsync(chat, [], default));
    }

    [Fact]
    public async Task The_larger_of_marks_and_own_events_is_the_read_marker_of_the_row()
    {
        var chat = NextChat();
        var events = ChatEvents.Of(
            [
                Records.Created($"{Ann}", 0, $"{Bob}"),
                .. Enumerable.Range(1, 9).Select(i => Records.Message($"{Bob}", i)),
            ],
            chat.Value);
        await Open.History.WriteAsync([HistoryRowsBuilder.Build(events[..4])], default);
        Assert.Equal((4, 3), await ReadOf(Bob, chat));
        Assert.Equal((1, 0), await ReadOf(Ann, chat));

        await Mark(Ann, chat, 3, 2);
        await Mark(Bob, chat, 2, 1);
        Assert.Equal((3, 2), await ReadOf(Ann, chat));
        Assert.Equal((4, 3), await ReadOf(Bob, chat));

        await Mark(Bob, chat, 7, 6);
        await Open.History.WriteAsync([HistoryRowsBuilder.Build(events[4..6])], default);
        Assert.Equal((7, 6), await ReadOf(Bob, chat));
        await Open.History.WriteAsync([HistoryRowsBuilder.Build(events[6..])], default);
        Assert.Equal((10, 9), await ReadOf(Bob, chat));
        await Mark(Ann, chat, 2, 1);
        Assert.Equal((3, 2), await ReadOf(Ann, chat));
    }

    [Fact]
    public async Task What_rose_is_told_and_what_did_not_is_zero()
    {
        var chat = NextChat();
        var events = ChatEvents.Of(
            [
                Records.Created($"{Ann}", 0, $"{Bob}"),
                .. Enumerable.Range(1, 3).Select(i => Records.Message($"{Bob}", i)),
            ],
            chat.Value);
        await Open.History.WriteAsync([HistoryRowsBuilder.Build(events)], default);
        MarkerRaise Of(UserId user, long delivered, long read, long n) => new(chat, user, delivered, read, n, 1);

        // Within one call as in one after the other; what bob wrote is read, and his number goes from it.
        Assert.Equal(
            [Of(Ann, 3, 3, 2), Of(Ann, 0, 0, 0), Of(Ann, 4, 0, 0), Of(Bob, 0, 2, 3)],
            await Store.RaiseMarkersAsync(
                [Of(Ann, 3, 3, 2), Of(Ann, 3, 2, 1), Of(Ann, 4, 3, 2), Of(Bob, 0, 2, 1)], default));
        Assert.Equal(
            [Of(Ann, 0, 0, 0), Of(Ann, 0, 4, 3), Of(Bob, 1, 0, 0)],
            await Store.RaiseMarkersAsync([Of(Ann, 4, 3, 2), Of(Ann, 0, 4, 3), Of(Bob, 1, 1, 0)], default));
    }

    [Fact]
    public async Task The_list_of_a_user_is_complete_and_in_chat_order_whatever_the_page()
    {
        var chats = Enumerable.Range(0, 23).Select(_ => NextChat()).ToArray();
        foreach (var chat in chats.Reverse())
            await Open.History.WriteAsync(
                [HistoryRowsBuilder.Build(ChatEvents.Of([Records.Created($"{Ann}", 0, $"{Ann}.b")], chat.Value))],
                default);

        // A mark in a chat that the user is not in has no row, and must not end the list either.
        await Mark(Ann, new ChatId(chats[0].Value - 1), 1, 1);
        await Mark(Ann, chats[3], 1, 0);
        foreach (var limit in (int[])[1, 2, 5, 22, 23, 100])
        {
            var listed = new List<ChatId>();
            var page = await Store.ReadUserChatsAsync(Ann, default, limit, default);
            for (var pages = 0; page.Count > 0 && pages < 30; pages++)
            {
                Assert.True(page.Count == limit || page[^1].Chat == chats[^1], "A page that is not full is the last.");
                listed.AddRange(page.Select(row => row.Chat));
                page = await Store.ReadUserChatsAsync(Ann, page[^1].Chat, limit, default);
            }

            Assert.Equal(chats, listed);
        }

        Assert.Empty(await Store.ReadUserChatsAsync(User("an"), default, 10, default));
    }

    [Fact]
    public async Task Marks_in_chats_without_a_row_do_not_end_a_list()
    {
        var chats = new List<ChatId>();
        for (var i = 0; i < 40; i++)
        {
            // Three rows among many marks: before, between and behind them.
            var chat = NextChat();
            if (i is 10 or 25 or 26)
            {
                chats.Add(chat);
                var events = ChatEvents.Of([Records.Created($"{Ann}", 0, $"{Ann}.b")], chat.Value);
                await Open.History.WriteAsync([HistoryRowsBuilder.Build(events)], default);
            }
            else
            {
                await Mark(Ann, chat, 1, 1);
            }
        }

        foreach (var limit in (int[])[1, 2, 3, 4])
        {
            var page = await Store.ReadUserChatsAsync(Ann, default, limit, default);
            Assert.Equal(chats.Take(limit), page.Select(row => row.Chat));
        }

        Assert.Equal([chats[2]], (await Store.ReadUserChatsAsync(Ann, chats[1], 1, default)).Select(row => row.Chat));
    }

    [Fact]
    public async Task Lists_by_time_are_those_of_a_sort_of_all_rows_whatever_became_of_the_chats()
    {
        var random = new Random(7);
        UserId[] users = [.. "ann bob cat dan eve fay gus".Split(' ').Select(User)];
        var runs = Enumerable.Range(0, 6).Select(_ => (Chat: NextChat(), Run: new ChatRun(stepMs: 9_000))).ToArray();
        var marks = new Dictionary<(UserId User, ChatId Chat), (long Seq, long TimeMs)>();
        for (var step = 0; step < 240; step++)
        {
            var (chat, run) = runs[random.Next(runs.Length)];
            var events = Enumerable.Range(0, random.Next(1, 4))
                .Select(i => run.Next(SomeRecord(random, step == 0 ? null : run, (4 * step) + i).InChat(chat.Value)))
                .OfType<Verdict.Accepted>().Select(static verdict => verdict.Event).ToList();
            if (events.Count > 0) await Open.History.WriteAsync([HistoryRowsBuilder.Build(events)], default);
            if (events.Count > 0 && random.Next(4) == 0)
            {
                // Stale ones change nothing, and nor does a commit that is repeated.
                await Open.History.WriteAsync([HistoryRowsBuilder.Build(events)], default);
                var (user, seq) = (users[random.Next(users.Length)], (long)random.Next(1, 60));
                await Store.RaiseMarkersAsync([new MarkerRaise(chat, user, 0, seq, 0, step + 1)], default);
                if (seq > marks.GetValueOrDefault((user, chat)).Seq) marks[(user, chat)] = (seq, step + 1);
            }

            if (step % 40 == 39) await AssertListsAsync(users, marks);
        }

        await ReopenAsync();
        await AssertListsAsync(users, marks);
    }

    [Fact]
    public async Task Claims_and_markers_outlive_a_restart()
    {
        var chat = NextChat();
        await Store.ClaimChatAsync(_test + "scope", Claim(5, "ann"), default);
        await Mark(Ann, chat, 3, 2);
        await Open.RestartAsync();

        AssertSame(Claim(5, "ann"), await Store.ClaimChatAsync(_test + "scope", Claim(6, "bob"), default));
        Assert.Equal(new Marker(Ann, 0, 3, 1), Assert.Single(await Store.ReadMarkersAsync(chat, Everybody, default)));
    }

    /// <summary>Closes the store and opens it again.</summary>
    private protected virtual Task ReopenAsync() => Open.RestartAsync();

    /// <summary>Members come, go and come back: a chat is pulled with six of them, and pushed below four.</summary>
    private Record SomeRecord(Random random, ChatRun? run, int key)
    {
        var ann = Ann.Value;
        string[] others = [.. "bob cat dan eve fay gus".Split(' ').Select(name => _test + name)];
        if (run?.StateOrNone is null) return Records.Created(ann, key, others[0], others[1]);
        return random.Next(3) switch
        {
            0 => Records.Message(ann, key),
            1 => Records.Add(ann, key, random.GetItems(others, random.Next(1, 5)).Distinct().ToArray()),
            _ => Records.Remove(ann, key, others[random.Next(others.Length)]),
        };
    }

    private async Task AssertListsAsync(
        UserId[] users, Dictionary<(UserId User, ChatId Chat), (long Seq, long TimeMs)> marks)
    {
        foreach (var user in users)
        {
            var rows = await Store.ReadUserChatsAsync(user, default, 100, default);
            var byHead = new List<PlacedChat>();
            foreach (var row in rows)
            {
                var head = await Open.History.ReadHeadAsync(row.Chat, default);
                var timeMs = row.Pull ? ChatPlace.TimeOf(head!.Pull, head.TimeMs) : row.HeadTimeMs;
                byHead.Add(new PlacedChat(new ChatPlace(timeMs, row.Chat.Value), row));
            }

            var byMark = rows.Where(row => marks.ContainsKey((user, row.Chat)))
                .Select(row => new PlacedChat(new ChatPlace(marks[(user, row.Chat)].TimeMs, row.Chat.Value), row));
            foreach (var (order, wanted) in ((ChatOrder, IEnumerable<PlacedChat>)[])
                [(ChatOrder.Heads, byHead), (ChatOrder.Marks, byMark)])
                foreach (var limit in (int[])[1, 2, 100])
                    Assert.Equal(
                        wanted.OrderByDescending(static one => (one.Place.TimeMs, one.Place.Chat)),
                        await ListAsync(user, order, limit));
        }
    }

    private async Task<List<PlacedChat>> ListAsync(UserId user, ChatOrder order, int limit)
    {
        var listed = new List<PlacedChat>();
        var behind = ChatPlace.Start;
        while (await Store.ReadChatsByTimeAsync(user, order, behind, limit, default) is { Count: > 0 } page)
        {
            Assert.InRange(page.Count, 1, limit);
            listed.AddRange(page);
            behind = page[^1].Place;
        }

        return listed;
    }

    private static ChatClaim Claim(ulong chat, string user) =>
        new(new ChatId(chat), UserId.Parse(user), Records.Key((int)chat), new byte[] { 1, 2, (byte)chat });

    private static void AssertSame(ChatClaim wanted, ChatClaim found)
    {
        Assert.Equal(
            (wanted.Chat, wanted.Creator, wanted.ClientId), (found.Chat, found.Creator, found.ClientId));
        Assert.Equal(wanted.Body.ToArray(), found.Body.ToArray());
    }

    private async Task<(long, long)> ReadOf(UserId user, ChatId chat)
    {
        var row = await Store.ReadUserChatAsync(user, chat, default);
        return (row!.ReadSeq, row.ReadN);
    }

    private async Task Mark(UserId user, ChatId chat, long seq, long n) =>
        await Store.RaiseMarkersAsync([new MarkerRaise(chat, user, 0, seq, n, 1)], default);

    private UserId User(string name) => UserId.Parse(_test + name);

    private ChatId NextChat() => new((ulong)Interlocked.Increment(ref _chats));
}
