using LiveChat.Core.History;
using LiveChat.Core.Ingest;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Sessions;
using Xunit;

namespace LiveChat.Tests.Erasures;

/// <summary>
/// An id that was erased is never given again: whatever names it, no command makes it a member and no token lets it in,
/// from the beginning of the erasure on and behind its end.
/// </summary>
public sealed class ErasedUserTests : IAsyncDisposable
{
    /// <summary>What becomes of each field of a command that names a user, when that user is erased. Commands that do
    /// not add act on members alone, and ann is none.</summary>
    private static readonly Dictionary<string, (Func<TestDevice, string, ClientFrame> Ask, string? Code)> Named = new()
    {
        ["ChatCreate.Direct"] = (
            static (cat, _) => new ChatCreate { ClientId = cat.Key(), Direct = "ann" }, ErrorCode.UserErased),
        ["ChatCreate.Members"] = (
            static (cat, _) => new ChatCreate { ClientId = cat.Key(), Members = ["ann", "bob"] },
            ErrorCode.UserErased),
        ["MemberAdd.Users"] = (
            static (cat, chat) => new MemberAdd { ClientId = cat.Key(), Chat = chat, Users = ["ann", "eve"] },
            ErrorCode.UserErased),
        ["MemberRemove.User"] = (
            static (cat, chat) => new MemberRemove { ClientId = cat.Key(), Chat = chat, User = "ann" },
            ErrorCode.NotFound),
        ["MemberRole.User"] = (
            static (cat, chat) => new MemberRole { ClientId = cat.Key(), Chat = chat, User = "ann", Role = "admin" },
            ErrorCode.NotFound),
        ["PresenceGet.Users"] = (static (_, chat) => new PresenceGet { Chat = chat, Users = ["ann"] }, null),
        ["PresenceWatching.Users"] = (
            static (_, chat) => new PresenceWatching { Chat = chat, Users = ["ann"] }, null),
    };

    private readonly ErasureStage _stage = new(messagesOfAnn: 2);

    /// <summary>A new field that names a user needs a row.</summary>
    [Fact]
    public void Every_field_of_a_command_that_names_a_user_has_a_row()
    {
        string[] names = ["User", "Users", "Direct", "Members"];
        var fields = typeof(ClientFrame).Assembly.GetTypes()
            .Where(static type => type.IsSubclassOf(typeof(ClientFrame)))
            .SelectMany(type => names.Where(name => type.GetProperty(name) is not null)
                .Select(name => $"{type.Name}.{name}"));
        Assert.Equal(fields.Order(StringComparer.Ordinal), Named.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task No_command_makes_an_erased_user_a_member()
    {
        await using var node = await _stage.StartAsync();
        await _stage.TalkAsync(node);
        var cat = await node.ConnectAsync("cat");
        var group = await node.WhileTimeMovesAsync(cat.CreateAsync(null, "dan"));

        await BeginAsync(node);
        await CheckAsync(node, cat, group);
        Assert.NotNull(await _stage.WaitAsync(node));
        await CheckAsync(node, cat, group);
        await _stage.CheckErasedAsync();

        // Without her the same is taken.
        await node.WhileTimeMovesAsync(
            cat.AckAsync(new MemberAdd { ClientId = cat.Key(), Chat = group, Users = ["eve"] }));
    }

    [Fact]
    public async Task What_was_taken_before_the_erasure_is_answered_as_the_first_time()
    {
        await using var node = await _stage.StartAsync();
        await _stage.TalkAsync(node);
        var cat = await node.ConnectAsync("cat");
        var group = await node.WhileTimeMovesAsync(cat.CreateAsync(null, "dan"));
        ChangeCommand[] commands =
        [
            new ChatCreate { ClientId = cat.Key(), Direct = "ann" },
            new ChatCreate { ClientId = cat.Key(), Members = ["ann"] },
            new MemberAdd { ClientId = cat.Key(), Chat = group, Users = ["ann"] },
        ];
        var first = new List<Ack>();
        foreach (var command in commands) first.Add(await node.WhileTimeMovesAsync(cat.AckAsync(command)));

        await BeginAsync(node);
        Assert.NotNull(await _stage.WaitAsync(node));
        foreach (var (command, ack) in commands.Zip(first))
        {
            var again = await node.WhileTimeMovesAsync(cat.AckAsync(command));
            Assert.Equal((ack.Chat, ack.Seq, true), (again.Chat, again.Seq, again.Duplicate));
        }

        // The direct chat is there, so that whoever asks for it is told which it is.
        var another = await node.WhileTimeMovesAsync(
            cat.AckAsync(new ChatCreate { ClientId = cat.Key(), Direct = "ann" }));
        Assert.Equal((first[0].Chat, true), (another.Chat, another.Duplicate));
        Assert.Empty(await _stage.Tables.ReadUserChatsAsync(ErasureStage.Ann, default, 10, default));
    }

    [Fact]
    public async Task A_store_that_does_not_say_who_is_erased_refuses_what_adds_and_nothing_else()
    {
        var store = new SlowErasures(_stage.Store, _stage.Time);
        await using var node = await _stage.StartAsync(erasures: store);
        await _stage.TalkAsync(node);
        var cat = await node.ConnectAsync("cat");
        var group = await node.WhileTimeMovesAsync(cat.CreateAsync(null, "dan"));
        var asked = store.Reads;

        await node.WhileTimeMovesAsync(cat.AckAsync(cat.Message(group, "hi")));
        Assert.Equal(asked, store.Reads);

        store.IsSlow = true;
        await node.WhileTimeMovesAsync(cat.AckAsync(cat.Message(group, "hi again")));
        var add = new MemberAdd { ClientId = cat.Key(), Chat = group, Users = ["eve"] };
        var asking = cat.AskAsync(add);
        for (var second = 0; second < 10 && !asking.IsCompleted; second++) await node.SecondAsync();
        var late = Assert.IsType<ErrorFrame>(await asking);
        Assert.Equal(ErrorCode.Unavailable, late.Problem.Code);
        store.IsSlow = false;
        await node.WhileTimeMovesAsync(cat.AckAsync(add));
    }

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    private static Task BeginAsync(TestNode node) =>
        node.RunAsync(() => node.Node.Eraser!.BeginAsync(ErasureStage.Ann, default).AsTask());

    private static async Task CheckAsync(TestNode node, TestDevice cat, string group)
    {
        foreach (var (field, (ask, code)) in Named)
        {
            var answer = await node.WhileTimeMovesAsync(cat.AskAsync(ask(cat, group)));
            Assert.True((answer as ErrorFrame)?.Problem.Code == code, $"{field} is answered {answer}.");
        }
    }

    /// <summary>Counts the questions who is erased, and answers them late.</summary>
    private sealed class SlowErasures(IErasureStore inner, TimeProvider time) : IErasureStore
    {
        public bool IsSlow { get; set; }

        public int Reads { get; private set; }

        public async ValueTask<IReadOnlyList<Erasure>> ReadAsync(
            IReadOnlyList<UserId> users, CancellationToken cancellationToken)
        {
            Reads++;
            if (IsSlow) await Task.Delay(CommandIngest.AskedForMax * 1.5, time, cancellationToken);
            return await inner.ReadAsync(users, cancellationToken);
        }

        public ValueTask<Erasure> BeginAsync(UserId user, long timeMs, CancellationToken cancellationToken) =>
            inner.BeginAsync(user, timeMs, cancellationToken);

        public ValueTask<IReadOnlyList<Erasure>> ReadOpenAsync(int limit, CancellationToken cancellationToken) =>
            inner.ReadOpenAsync(limit, cancellationToken);

        public ValueTask SaveAsync(Erasure erasure, CancellationToken cancellationToken) =>
            inner.SaveAsync(erasure, cancellationToken);

        public ValueTask ForgetChatAsync(UserId user, ChatId chat, CancellationToken cancellationToken) =>
            inner.ForgetChatAsync(user, chat, cancellationToken);

        public ValueTask ForgetUserAsync(UserId user, CancellationToken cancellationToken) =>
            inner.ForgetUserAsync(user, cancellationToken);
    }
}
