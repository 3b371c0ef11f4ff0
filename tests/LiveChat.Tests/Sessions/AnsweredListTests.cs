using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Log;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using MemberRole = LiveChat.Protocol.Frames.MemberRole;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Sessions;

/// <summary>A list of chats is never behind what its user was answered, however late history is.</summary>
public sealed class AnsweredListTests
{
    private static readonly Dictionary<string, Func<TestDevice, string, ClientFrame>> Changes = new()
    {
        ["a new direct chat"] = static (ann, _) => new ChatCreate { ClientId = ann.Key(), Direct = "cid" },
        ["a new group"] = static (ann, _) => new ChatCreate { ClientId = ann.Key(), Members = ["cid"] },
        ["a message"] = static (ann, chat) => ann.Message(chat, "two"),
        ["another title"] = static (ann, chat) => new ChatUpdate { ClientId = ann.Key(), Chat = chat, Title = "T" },
        ["a new member"] = static (ann, chat) => new MemberAdd { ClientId = ann.Key(), Chat = chat, Users = ["cid"] },
        ["leaving"] = static (ann, chat) => new MemberRemove { ClientId = ann.Key(), Chat = chat, User = "ann" },
    };

    public static TheoryData<string> Names => [.. Changes.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_list_shows_what_its_user_was_answered_by_socket_and_by_http(string name)
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectQuietlyAsync("ann");
        var chat = await ann.CreateAsync(null, "ann.b", "bob");
        await ann.AckAsync(new MemberRole { ClientId = ann.Key(), Chat = chat, User = "bob", Role = "owner" });
        Assert.True(await node.Node.CatchUpAsync(CancellationToken.None));
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        node.History.Gate = gate.Task;
        var answered = await ann.AckAsync(Changes[name](ann, chat));

        var lists = new List<Task<ServerFrame>> { ann.AskAsync(new ChatsGet()) };
        foreach (var command in (ClientFrame[])[new ChatsGet(), new SyncGet { Cursor = "0.1" }])
            lists.Add(node.Node.AskAsync(UserId.Parse("ann"), command, isByServerKey: false, default));
        Assert.All(lists, static list => Assert.False(list.IsCompleted));
        gate.SetResult();
        foreach (var list in lists)
        {
            var items = (await list) switch
            {
                ChatList chats => chats.Items,
                Sync sync => sync.Items,
                var other => throw new InvalidOperationException($"{other} is no list."),
            };
            Assert.Equal(answered.Seq, Assert.Single(items, item => item.Chat == answered.Chat).HeadSeq);
        }
    }

    [Fact]
    public async Task A_list_that_history_keeps_waiting_is_unavailable_and_another_users_waits_for_nothing()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        await using var node = await TestNode.StartAsync(time);
        var (ann, eve) = (await node.ConnectAsync("ann"), await node.ConnectAsync("eve"));
        await node.TurnAsync(seconds: 1); // Both have settled.
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        node.History.Gate = gate.Task;
        await ann.CreateAsync("bob");
        var list = ann.AskAsync(new ChatsGet());
        Assert.Empty(Assert.IsType<ChatList>(await eve.AskAsync(new ChatsGet())).Items);
        Assert.False(list.IsCompleted);
        await node.TurnAsync(seconds: 2);
        Assert.Equal(ErrorCode.Unavailable, Assert.IsType<ErrorFrame>(await list).Problem.Code);
        gate.SetResult();
        Assert.Single(Assert.IsType<ChatList>(await ann.AskAsync(new ChatsGet())).Items);
    }

    [Fact]
    public async Task However_many_users_were_answered_each_waits_for_the_own_answer_and_what_is_passed_is_forgotten()
    {
        var time = new FakeTimeProvider();
        var progress = new HistoryProgress(2, time);
        var answered = new AnsweredChanges(progress, time);
        for (var i = 1; i <= 70_000; i++)
            answered.Note(UserId.Parse($"u{i}"), i % 2, Position.Create(1, i));
        Task<bool> Wait(string user) =>
            answered.WaitAsync(UserId.Parse(user), TimeSpan.FromSeconds(1), default).AsTask();

        // Those for whom there was no room are waited for by all.
        progress.Advance(0, Position.Create(1, 60_000));
        progress.Advance(1, Position.Create(1, 60_000));
        Assert.False(Wait("u10").IsCompleted);
        progress.Advance(0, Position.Create(1, 70_000));
        progress.Advance(1, Position.Create(1, 70_000));
        Assert.True(await Wait("u10"));
        Assert.True(await Wait("u70000"));
        answered.Note(UserId.Parse("late"), 0, Position.Create(1, 70_001));
        Assert.True(await Wait("u10"));
        Assert.False(Wait("late").IsCompleted);
    }
}
