using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using Xunit;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.History;

/// <summary>What <see cref="IDeletionStore"/> promises, checked of every implementation.</summary>
public abstract class DeletionStoreContract() : RemovalStoreContract("deletion", 600_000_000)
{
    /// <summary>Above the events of a bucket on Cassandra.</summary>
    private const int ManyMessages = 4_200;

    /// <summary>Who left before the deletion.</summary>
    private UserId Cat => User("cat");

    private IDeletionStore Store => Open.Deletions;

    [Fact]
    public async Task A_deletion_is_open_from_its_event_until_it_is_finished()
    {
        Assert.Null(await Store.ReadAsync(Chat, default));
        var head = await TellAsync(Chat);
        var deletion = new ChatDeletion(Chat, head.TimeMs);
        await Open.RestartAsync();
        Assert.Equal(deletion, await Store.ReadAsync(Chat, default));
        Assert.Equal([deletion], await OpenOnesAsync());

        var finished = deletion with { FinishedMs = head.TimeMs + 50_000 };
        await Store.FinishAsync(finished, default);
        await Store.FinishAsync(finished, default);
        await Open.RestartAsync();
        Assert.Equal(finished, await Store.ReadAsync(Chat, default));
        Assert.Empty(await OpenOnesAsync());
        Assert.Null(await Store.ReadAsync(Other, default));
    }

    [Fact]
    public async Task Behind_a_purge_the_deletion_is_left_and_nothing_else()
    {
        await TellAsync(Other, deletes: false);
        var head = await TellAsync(Chat);
        Assert.Equal([Ann, Anna, Cat], await Store.ReadUsersAsync(Chat, default, 10, default));
        Assert.Equal([Ann, Anna], await Store.ReadUsersAsync(Chat, default, 2, default));
        Assert.Equal([Cat], await Store.ReadUsersAsync(Chat, Anna, 2, default));

        await Store.PurgeAsync(head, default);
        await Store.PurgeAsync(head, default);
        await Open.RestartAsync();
        await CheckPurgedAsync(head);
        await CheckOtherAsync();
    }

    [Fact]
    public async Task A_purge_of_many_events_leaves_none_of_them_nor_of_their_keys()
    {
        List<Record> records = [Records.Created(Ann.Value, 1, Anna.Value)];
        for (var i = 0; i < ManyMessages; i++) records.Add(Records.Message(Ann.Value, 2 + i));
        records.Add(Records.DeleteChat(2 + ManyMessages, Ann.Value, Anna.Value));
        var events = EventsOf(Chat, records);
        foreach (var part in events.Chunk(500))
            await Open.History.WriteAsync([HistoryRowsBuilder.Build(part)], default);
        var head = events[^1].After;

        await Store.PurgeAsync(head, default);
        for (var from = 1L; from < head.Seq; from += 1_000)
        {
            var range = new EventRange(from, Math.Min(from + 999, head.Seq - 1));
            Assert.Empty((await Open.History.ReadEventsAsync(Chat, range, default)).Entries);
        }

        foreach (var e in (SequencedEvent[])[events[0], events[1], events[^2]])
            Assert.Null(await Open.History.ReadKeyAsync(Chat, e.Sender, e.ClientId, default));
    }

    [Fact]
    public async Task The_pair_of_a_direct_chat_is_free_and_its_key_stays_taken()
    {
        var creation = Records.Direct(Ann.Value, 1, Anna.Value).InChat(Chat.Value);
        var (scopes, claim) = ChatScopes.Of(creation);
        foreach (var scope in scopes) await Open.Users.ClaimChatAsync(scope, claim, default);
        var events = EventsOf(Chat, [creation, Records.DeleteChat(2, Ann.Value, Anna.Value)]);
        await Open.History.WriteAsync([HistoryRowsBuilder.Build(events)], default);
        await Store.PurgeAsync(events[^1].After, default);

        var next = claim with { Chat = Other };
        Assert.True((await Open.Users.ClaimChatAsync(scopes[0], next, default)).IsOfDeleted);
        Assert.Equal(Other, (await Open.Users.ClaimChatAsync(scopes[1], next, default)).Chat);

        // What the next chat claimed is not the deleted one's to give back.
        await Open.History.WriteAsync([HistoryRowsBuilder.Build(events)], default);
        await Store.PurgeAsync(events[^1].After, default);
        await Open.RestartAsync();
        Assert.Equal(Other, (await Open.Users.ClaimChatAsync(scopes[1], claim, default)).Chat);
    }

    [Fact]
    public async Task A_mark_that_came_late_goes_with_the_next_purge()
    {
        var head = await TellAsync(Chat);
        await Store.PurgeAsync(head, default);
        await Open.Users.RaiseMarkersAsync([new MarkerRaise(Chat, Ann, 4, 4, 2, 70)], default);
        await Store.PurgeAsync(head, default);
        Assert.Empty(await Open.Users.ReadMarkersAsync(Chat, [Ann, Anna, Cat], default));
        Assert.Empty(await Open.Users.ReadChatsByTimeAsync(Ann, ChatOrder.Marks, ChatPlace.Start, 10, default));
    }

    private async Task CheckPurgedAsync(ChatState head)
    {
        var entry = Assert.Single((await Open.History.ReadEventsAsync(
            Chat, new EventRange(1, head.Seq) { ReactionsTo = IHistoryStore.ReactionsNow }, default)).Entries);
        Assert.Equal((ulong)head.Seq, entry.Event.Seq);
        Assert.NotNull(entry.Event.Record.ChatDeleted);
        Assert.True((await Open.History.ReadHeadAsync(Chat, default))!.IsDeleted);
        var deletion = CommandKey.Of(entry.Event.Record);
        Assert.NotNull(await Open.History.ReadKeyAsync(Chat, deletion.Sender, deletion.ClientId, default));
        foreach (var e in EventsOf(Chat, RecordsOf(deletes: true)).SkipLast(1))
            Assert.Null(await Open.History.ReadKeyAsync(Chat, e.Sender, e.ClientId, default));

        foreach (var member in (UserId[])[Ann, Anna])
        {
            var stay = Assert.Single(await Open.History.ReadStaysAsync(Chat, member, default));
            Assert.Equal(head.Seq, stay.ToSeq);
            var row = (await Open.Users.ReadUserChatAsync(member, Chat, default))!;
            Assert.Equal((head.Seq, head.Seq, 0), (row.ToSeq, row.HeadSeq, row.ReadSeq));
            Assert.Contains(Chat, await PlacesOfAsync(member, ChatOrder.Heads));
            Assert.DoesNotContain(Chat, await PlacesOfAsync(member, ChatOrder.Marks));
        }

        Assert.Empty(await Open.History.ReadStaysAsync(Chat, Cat, default));
        Assert.Null(await Open.Users.ReadUserChatAsync(Cat, Chat, default));
        Assert.DoesNotContain(Chat, await PlacesOfAsync(Cat, ChatOrder.Heads));
        Assert.Empty(await Open.Users.ReadMarkersAsync(Chat, [Ann, Anna, Cat], default));
    }

    private async Task CheckOtherAsync()
    {
        var events = EventsOf(Other, RecordsOf(deletes: false));
        var range = new EventRange(1, 20) { ReactionsTo = IHistoryStore.ReactionsNow };
        var entries = (await Open.History.ReadEventsAsync(Other, range, default)).Entries;
        Assert.Equal(events.Count, entries.Count);
        Assert.Equal("text", entries[1].Content!.Text);
        Assert.Single(entries[1].Reactions);
        foreach (var e in events)
            Assert.NotNull(await Open.History.ReadKeyAsync(Other, e.Sender, e.ClientId, default));
        foreach (var user in (UserId[])[Ann, Anna, Cat])
        {
            Assert.Single(await Open.History.ReadStaysAsync(Other, user, default));
            Assert.Equal([Other], await PlacesOfAsync(user, ChatOrder.Marks));
        }

        Assert.Equal(3, (await Open.Users.ReadMarkersAsync(Other, [Ann, Anna, Cat], default)).Count);
    }

    /// <summary>A chat in which three wrote, marked and reacted, which one left, and which is deleted then.</summary>
    private async Task<ChatState> TellAsync(ChatId chat, bool deletes = true)
    {
        var events = EventsOf(chat, RecordsOf(deletes));
        await Open.History.WriteAsync([HistoryRowsBuilder.Build(events)], default);
        await Open.Users.RaiseMarkersAsync(
        [
            new MarkerRaise(chat, Ann, 2, 2, 1, 50), new MarkerRaise(chat, Anna, 3, 3, 2, 60),
            new MarkerRaise(chat, Cat, 2, 2, 1, 60),
        ], default);
        return events[^1].After;
    }

    private Record[] RecordsOf(bool deletes)
    {
        var target = Records.Target(2, Ann.Value);
        Record[] records =
        [
            Records.Created(Anna.Value, 1, Ann.Value, Cat.Value), Records.Message(Ann.Value, 2),
            Records.Message(Cat.Value, 3), Records.Edit(Ann.Value, 4, target), Records.React(Cat.Value, 5, target),
            Records.Remove(Cat.Value, 6, Cat.Value), Records.Message(Anna.Value, 7),
        ];
        return deletes ? [.. records, Records.DeleteChat(8, Ann.Value, Anna.Value)] : records;
    }

    private static List<SequencedEvent> EventsOf(ChatId chat, IEnumerable<Record> records)
    {
        var run = new ChatRun { Rules = new RulesV4() };
        return
        [
            .. records.Select(record => run.Next(record.Clone().InChat(chat.Value)))
                .Cast<Verdict.Accepted>().Select(static verdict => verdict.Event),
        ];
    }

    private async Task<IEnumerable<ChatId>> PlacesOfAsync(UserId user, ChatOrder order) =>
        (await Open.Users.ReadChatsByTimeAsync(user, order, ChatPlace.Start, 10, default))
        .Select(static placed => placed.Row.Chat);

    /// <summary>Those of this test.</summary>
    private async Task<IEnumerable<ChatDeletion>> OpenOnesAsync() =>
        (await Store.ReadOpenAsync(10_000, default)).Where(one => one.Chat == Chat || one.Chat == Other);
}
