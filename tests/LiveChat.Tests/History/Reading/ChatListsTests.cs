using System.Globalization;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Identities;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using Xunit;

namespace LiveChat.Tests.History.Reading;

/// <summary>Lists of chats while the chats change, and of users who have very many.</summary>
public sealed class ChatListsTests : IAsyncDisposable
{
    private static readonly UserId Ann = UserId.Parse("ann");
    private static readonly UserId Bob = UserId.Parse("bob");

    private readonly CountingStore _store = new(new InMemoryHistoryStore("e1"));
    private readonly ChatLists _lists;

    public ChatListsTests() => _lists = new ChatLists(
        _store, _store, new InMemoryIdentityStore(), TimeProvider.System, static (_, _) => { });

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task However_many_chats_a_user_has_the_latest_come_first_and_none_is_missing()
    {
        const int Count = 10_050;
        for (var chat = 1; chat <= Count; chat++)
            await _store.WriteAsync(
                [HistoryRowsBuilder.Build(ChatEvents.Of([Records.Created("ann", 0, "bob")], (ulong)chat))], default);
        await _store.WriteAsync(
            [HistoryRowsBuilder.Build(ChatEvents.Of(
                [Records.Created("ann", 0, "bob"), Records.Message("ann", 1)], Count + 1))],
            default);

        var first = await _lists.ReadLatestAsync(Ann, null, 1, default);
        Assert.Equal(Count + 1, int.Parse(Assert.Single(first.Items).Chat, CultureInfo.InvariantCulture));
        var listed = new List<string>();
        var cursor = first.Next;
        for (var pages = 0; cursor is not null && pages < 3; pages++)
        {
            var page = await _lists.ReadLatestAsync(Ann, cursor, 100, default);
            listed.AddRange(page.Items.Select(static item => item.Chat));
            cursor = page.Next;
        }

        // Of the same moment: the highest id first, across the pages.
        Assert.Equal(Enumerable.Range(0, 300).Select(static i => $"{Count - i}"), listed);
        var (all, after) = (0, default(ChatId?));
        do
        {
            (var items, after) = await _lists.ReadAllAsync(Ann, after ?? default, 500, default);
            all += items.Count;
        }
        while (after is not null);
        Assert.Equal(Count + 1, all);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Whoever_is_removed_between_the_reads_learns_nothing_of_what_the_chat_became(
        bool isPulled, bool inAll)
    {
        var events = ChatEvents.Of(
            [
                Records.Created("ann", 0, isPulled ? ["bob", "cat", "dan", "eve", "fay"] : ["bob"]),
                Records.Message("ann", 1), Records.Remove("ann", 2, "bob"), Records.Retitle("ann", 3, "secret"),
                Records.Message("ann", 4),
            ],
            7);
        var first = HistoryRowsBuilder.Build(events[..2]);
        Assert.Equal(isPulled, first.Head.Pull);
        await _store.WriteAsync([first], default);
        _store.AfterChats(async () => await _store.WriteAsync([HistoryRowsBuilder.Build(events[2..])], default));
        var seen = inAll
            ? (await _lists.ReadAllAsync(Bob, default, 9, default)).Items[0]
            : (await _lists.ReadLatestAsync(Bob, null, 9, default)).Items[0];
        Assert.Equal((null, 0, null), (seen.Title, seen.Members, seen.With));
        Assert.True(seen.HeadSeq <= 3 && seen.HeadTime.ToUnixTimeMilliseconds() <= events[2].After.TimeMs);
        var last = events[3].After.TimeMs;
        Assert.Empty((await _lists.ReadChangedSinceAsync(Bob, last, _ => last, 9, default))!);
    }

    [Fact]
    public async Task What_changed_of_a_chat_that_was_left_between_the_reads_is_what_the_leaver_saw()
    {
        var events = ChatEvents.Of(
            [
                Records.Created("ann", 0, "bob", "cat", "dan", "eve", "fay"), Records.Message("ann", 1),
                Records.Remove("ann", 2, "bob"), Records.Message("ann", 3),
            ],
            7);
        await _store.WriteAsync([HistoryRowsBuilder.Build(events[..2])], default);
        _store.AfterChats(async () => await _store.WriteAsync([HistoryRowsBuilder.Build(events[2..])], default));
        Assert.All(
            (await _lists.ReadChangedSinceAsync(Bob, 0, _ => 0, 9, default))!,
            static changed => Assert.True(changed.HeadSeq <= 3));
    }
}
