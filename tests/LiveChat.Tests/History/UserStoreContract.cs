using CsCheck;
using LiveChat.Core.History;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Sequencing;
using Xunit;

namespace LiveChat.Tests.History;

/// <summary>What <see cref="IUserStore"/> promises, checked of every implementation.</summary>
public abstract class UserStoreContract : IAsyncLifetime
{
    private static readonly UserId Ann = UserId.Parse("ann");
    private static readonly UserId Bob = UserId.Parse("bob");
    private long _chats = 100;
    private Stores? _stores;

    private protected Stores Open => _stores ?? throw new InvalidOperationException("Not open.");

    private IUserStore Store => Open.Users;

    private protected abstract Task<Stores> OpenAsync();

    public async ValueTask InitializeAsync() => _stores = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        await Open.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Of_claims_at_the_same_time_one_wins_and_all_are_told_which()
    {
        for (var scope = 0; scope < 5; scope++)
        {
            var claims = Enumerable.Range(1, 8).Select(i => Claim((ulong)i, $"u{i}")).ToArray();
            var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var name = $"scope:{scope}";
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
            Assert.Equal(new ChatId(chat), (await Store.ClaimChatAsync(scope, Claim(chat, "ann"), default)).Chat);
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
                                chat, UserId.Parse(r.Item1), r.Item2, r.Item3, r.Item3 / 2, r.Item4))],
                            default);

                    var markers = (await Store.ReadMarkersAsync(chat, default)).ToDictionary(m => m.User.Value);
                    foreach (var mine in raises.GroupBy(r => r.Item1))
                    {
                        var (delivered, read) = (mine.Max(r => r.Item2), mine.Max(r => r.Item3));
                        var marker = markers.GetValueOrDefault(mine.Key);
                        Assert.Equal((delivered, read), (marker.DeliveredSeq, marker.ReadSeq));
                    }
                },
                iter: 40,
                threads: 1);

    [Fact]
    public async Task The_larger_of_marks_and_own_events_is_the_read_marker_of_the_row()
    {
        var chat = NextChat();
        var events = ChatEvents.Of(
            [Records.Created("ann", 0, "bob"), .. Enumerable.Range(1, 9).Select(i => Records.Message("bob", i))],
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
            [Records.Created("ann", 0, "bob"), .. Enumerable.Range(1, 3).Select(i => Records.Message("bob", i))],
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
                [HistoryRowsBuilder.Build(ChatEvents.Of([Records.Created("ann", 0, "ann.b")], chat.Value))],
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

        Assert.Empty(await Store.ReadUserChatsAsync(UserId.Parse("an"), default, 10, default));
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
                var events = ChatEvents.Of([Records.Created("ann", 0, "ann.b")], chat.Value);
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
    public async Task Claims_and_markers_outlive_a_restart()
    {
        var chat = NextChat();
        await Store.ClaimChatAsync("scope", Claim(5, "ann"), default);
        await Mark(Ann, chat, 3, 2);
        await Open.RestartAsync();

        AssertSame(Claim(5, "ann"), await Store.ClaimChatAsync("scope", Claim(6, "bob"), default));
        Assert.Equal(new Marker(Ann, 0, 3, 1), Assert.Single(await Store.ReadMarkersAsync(chat, default)));
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

    private ChatId NextChat() => new((ulong)Interlocked.Increment(ref _chats));
}
