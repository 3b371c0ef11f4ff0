using LiveChat.Core.Erasures;
using LiveChat.Core.History;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Sessions;
using Xunit;
using ChatDeleted = LiveChat.Protocol.Frames.ChatDeleted;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Erasures;

/// <summary>A chat is deleted: its members are told, nobody reads or writes it any more, and nothing of it is left.
/// </summary>
public sealed class ChatDeleterTests : IAsyncDisposable
{
    private static readonly UserId Bob = UserId.Parse("bob");

    private readonly ErasureStage _stage = new(messagesOfAnn: 3);

    private string Group => _stage.Chats[0];

    private string Direct => _stage.Chats[1];

    [Fact]
    public async Task Every_device_of_the_members_is_told_and_no_list_has_the_chat_any_more()
    {
        await using var node = await _stage.StartAsync();
        await _stage.TalkAsync(node);
        var (ann, phone, laptop) = (
            await node.ConnectAsync("ann"), await node.ConnectAsync("bob"), await node.ConnectAsync("bob"));
        var head = (await _stage.Tables.ReadHeadAsync(ErasureStage.ChatOf(Group), default))!.Seq;
        await DeleteAsync(node, Group);

        foreach (var device in (TestDevice[])[ann, phone, laptop])
        {
            while (device.Read() > 0)
            {
                // All that it is told.
            }

            var told = Assert.Single(device.Heard.OfType<ChatDeleted>());
            Assert.Equal((Group, head + 1, "."), (told.Chat, told.Seq, told.Sender));
            var list = await AskAsync<ChatList>(node, device, new ChatsGet());
            Assert.DoesNotContain(list.Items, item => item.Chat == Group);
            Assert.Equal(2, list.Items.Count);
            var sync = await AskAsync<Sync>(node, device, new SyncGet());
            Assert.DoesNotContain(sync.Items, item => item.Chat == Group);
            Assert.Null(sync.Next);
        }

        await FinishAsync(node, Group);
        await CheckGoneAsync(Group);
    }

    [Fact]
    public async Task Nothing_is_taken_of_a_deleted_chat_and_the_deletion_is_all_that_is_read()
    {
        await using var node = await _stage.StartAsync();
        await _stage.TalkAsync(node);
        var ann = await node.ConnectAsync("ann");
        await DeleteAsync(node, Group);
        await RefusedSoAsync();
        await FinishAsync(node, Group);
        await RefusedSoAsync();

        async Task RefusedSoAsync()
        {
            foreach (var command in (ClientFrame[])
            [
                ann.Message(Group, "late"),
                new MessageEdit { Chat = Group, ClientId = ann.Key(), Target = 2, Body = new() { Text = "l" } },
                new MessageDelete { Chat = Group, ClientId = ann.Key(), Target = 2 },
                new ReactionSet { Chat = Group, ClientId = ann.Key(), Target = 2, Emoji = "+", On = true },
                new MemberAdd { Chat = Group, ClientId = ann.Key(), Users = ["dan"] },
                new MemberRemove { Chat = Group, ClientId = ann.Key(), User = "bob" },
                new ChatUpdate { Chat = Group, ClientId = ann.Key(), Title = "late" },
                new ChatGet { Chat = Group },
                new Mark { Chat = Group, Read = 3 },
                new MineSet { Chat = Group, Pinned = true, Hidden = true },
            ])
            {
                var answer = await node.WhileTimeMovesAsync(ann.AskAsync(command));
                Assert.Equal(ErrorCode.NotFound, Assert.IsType<ErrorFrame>(answer).Problem.Code);
            }

            foreach (var view in (string?[])[null, "events"])
            {
                var page = await AskAsync<Page>(
                    node, ann, new HistoryGet { Chat = Group, AfterSeq = 0, Limit = 100, View = view });
                var stay = Assert.Single(page.Stays);
                Assert.Equal((page.HeadSeq, page.HeadSeq), (stay.From, stay.To));
                if (view is not null) Assert.IsType<ChatDeleted>(Assert.Single(page.Items));
                else Assert.Empty(page.Items);
            }
        }
    }

    [Fact]
    public async Task A_device_that_was_away_hears_of_it_when_it_comes_back()
    {
        await using var node = await _stage.StartAsync();
        await _stage.TalkAsync(node);
        await node.PartAsync();
        string since;
        await using (var before = await node.ConnectAsync("bob")) since = (await before.SyncAsync()).Since!;
        await DeleteAsync(node, Group);
        await FinishAsync(node, Group);

        var device = await node.ConnectAsync("bob", since);
        Assert.Contains(device.Ready.Behind ?? [], chat => chat.Chat == Group);
        var page = await AskAsync<Page>(
            node, device, new HistoryGet { Chat = Group, AfterSeq = 3, Limit = 100, View = "events" });
        Assert.IsType<ChatDeleted>(Assert.Single(page.Items));
    }

    [Fact]
    public async Task Two_whose_direct_chat_was_deleted_get_another_one_and_a_repeated_creation_makes_none()
    {
        await using var node = await _stage.StartAsync();
        await _stage.TalkAsync(node);
        var ann = await node.ConnectAsync("ann");
        var creation = new ChatCreate { ClientId = ann.Key(), Title = "t", Members = ["bob"] };
        var group = (await node.WhileTimeMovesAsync(ann.AckAsync(creation))).Chat!;
        await DeleteAsync(node, Direct);
        await DeleteAsync(node, group);
        await FinishAsync(node, Direct);
        await FinishAsync(node, group);

        var again = await node.WhileTimeMovesAsync(ann.AskAsync(creation));
        Assert.Equal(ErrorCode.NotFound, Assert.IsType<ErrorFrame>(again).Problem.Code);
        var next = await node.WhileTimeMovesAsync(ann.CreateAsync("bob"));
        Assert.NotEqual(Direct, next);
        await node.WhileTimeMovesAsync(ann.AckAsync(ann.Message(next, "anew")));
        var bob = await node.ConnectAsync("bob");
        var list = await AskAsync<ChatList>(node, bob, new ChatsGet());
        Assert.Contains(list.Items, item => item.Chat == next && item.With == "ann");
        Assert.DoesNotContain(list.Items, item => item.Chat == Direct);
    }

    [Fact]
    public async Task A_second_deletion_is_the_first_one_and_a_chat_that_is_nowhere_is_not_found()
    {
        await using var node = await _stage.StartAsync();
        await _stage.TalkAsync(node);
        var first = await DeleteAsync(node, Group);
        Assert.Equal(first, await DeleteAsync(node, Group));
        var finished = await FinishAsync(node, Group);
        Assert.Equal(finished, await DeleteAsync(node, Group));

        var (none, problem) = await TryDeleteAsync(node, new ChatId(77));
        Assert.Null(none);
        Assert.Equal(ErrorCode.NotFound, problem!.Code);
    }

    [Fact]
    public async Task A_pinned_chat_that_is_deleted_takes_no_place_among_the_pinned_ones()
    {
        await using var node = await _stage.StartAsync();
        await _stage.TalkAsync(node);
        await DeleteAsync(node, Group);
        await FinishAsync(node, Group);
        var settings = await _stage.Identities.Settings.ReadSettingsAsync(
            ErasureStage.Ann, ErasureStage.ChatOf(Group), default);
        Assert.True(settings is null or { IsPinned: false, MutedUntilMs: 0 });
    }

    [Fact]
    public async Task A_user_who_is_erased_after_the_chat_was_deleted_leaves_nothing_either()
    {
        await using var node = await _stage.StartAsync();
        await _stage.TalkAsync(node);
        await DeleteAsync(node, Group);
        await node.RunAsync(() => node.Node.Eraser!.BeginAsync(ErasureStage.Ann, default).AsTask());
        Assert.NotNull(await _stage.WaitAsync(node));
        await CheckGoneAsync(Group);
        Assert.Empty(await _stage.Tables.ReadUserChatsAsync(ErasureStage.Ann, default, 10, default));
    }

    /// <summary>Of each step, before it and behind it; then the log is read again into an empty history.</summary>
    [Fact]
    public async Task A_node_may_die_at_every_step_and_the_next_one_goes_on()
    {
        var diesAt = 0;
        ErasureSteps steps;
        do
        {
            await using var stage = new ErasureStage(messagesOfAnn: 2);
            steps = new ErasureSteps(++diesAt);
            await using (var node = await stage.StartAsync(steps))
            {
                await stage.TalkAsync(node);
                var begun = node.RunAsync(
                    () => node.Node.ChatDeleter!.DeleteAsync(ErasureStage.ChatOf(stage.Chats[0]), default).AsTask());
                for (var second = 0; second < 60 && !steps.IsDead; second++) await node.SecondAsync();
                if (!steps.IsDead || begun.IsCompletedSuccessfully) await begun;
            }

            await using var next = await stage.StartAsync();

            // The caller of a deletion that had no answer asks again.
            await DeleteAsync(next, stage.Chats[0]);
            await FinishAsync(next, stage.Chats[0], stage);
            await CheckGoneAsync(stage.Chats[0], stage);
        }
        while (steps.IsDead);

        Assert.True(diesAt > 6, $"There were {diesAt} steps only.");
    }

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    private static async Task<ChatDeletion> DeleteAsync(TestNode node, string chat)
    {
        var (deletion, problem) = await TryDeleteAsync(node, ErasureStage.ChatOf(chat));
        Assert.Null(problem);
        return deletion!;
    }

    private static Task<(ChatDeletion? Deletion, Problem? Problem)> TryDeleteAsync(TestNode node, ChatId chat)
    {
        return node.WhileTimeMovesAsync(AskAsync());

        async Task<(ChatDeletion?, Problem?)> AskAsync()
        {
            (ChatDeletion?, Problem?) answer = default;
            await node.RunAsync(async () => answer = await node.Node.ChatDeleter!.DeleteAsync(chat, default));
            return answer;
        }
    }

    private Task<ChatDeletion> FinishAsync(TestNode node, string chat) => FinishAsync(node, chat, _stage);

    private static async Task<ChatDeletion> FinishAsync(TestNode node, string chat, ErasureStage stage)
    {
        for (var second = 0; second < 120; second++)
        {
            if (await stage.Deletions.ReadAsync(ErasureStage.ChatOf(chat), default) is { FinishedMs: > 0 } finished)
            {
                Assert.True(finished.FinishedMs - finished.DeletedMs >= ErasureServices.SettlesAfter.TotalMilliseconds);
                return finished;
            }

            await node.SecondAsync();
        }

        throw new TimeoutException("The deletion does not end.");
    }

    private Task CheckGoneAsync(string chat) => CheckGoneAsync(chat, _stage);

    /// <summary>The store has the event of the deletion and nothing else; what was said elsewhere is there.</summary>
    private static async Task CheckGoneAsync(string text, ErasureStage stage)
    {
        var chat = ErasureStage.ChatOf(text);
        var head = (await stage.Tables.ReadHeadAsync(chat, default))!;
        Assert.True(head is { IsDeleted: true, Title: "", Custom: "" });
        var entry = Assert.Single(
            (await stage.Tables.ReadEventsAsync(chat, new EventRange(1, head.Seq), default)).Entries);
        Assert.NotNull(entry.Event.Record.ChatDeleted);
        Assert.Empty(await stage.Tables.ReadMarkersAsync(chat, [ErasureStage.Ann, Bob], default));
        Assert.Empty(await stage.Deletions.ReadOpenAsync(10, default));
        foreach (var other in stage.Chats.Where(other => other != text).Select(ErasureStage.ChatOf))
        {
            var there = (await stage.Tables.ReadHeadAsync(other, default))!;
            var entries = (await stage.Tables.ReadEventsAsync(other, new EventRange(1, there.Seq), default)).Entries;
            Assert.Equal(Enumerable.Range(1, (int)there.Seq), entries.Select(static one => (int)one.Event.Seq));
        }
    }

    private static async Task<T> AskAsync<T>(TestNode node, TestDevice device, ClientFrame question)
        where T : ServerFrame =>
        Assert.IsType<T>(await node.WhileTimeMovesAsync(device.AskAsync(question)));
}
