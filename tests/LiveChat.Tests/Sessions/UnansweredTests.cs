using LiveChat.Core.Identities;
using LiveChat.Core.Nodes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Sessions;

/// <summary>What a direct chat shows and takes before its first answer, and how it is hidden.</summary>
public sealed class UnansweredTests
{
    /// <summary>Every sign that the one might see of the other.</summary>
    private static readonly Dictionary<string, Func<TestDevice, TestDevice, string, Task<bool>>> Signs = new()
    {
        ["receipts"] = ReceiptAsync,
        ["markers of a page"] = MarkerAsync,
        ["typing"] = TypingAsync,
    };

    /// <summary>Both ways of asking who is online.</summary>
    private static readonly Dictionary<string, Func<string, string, ClientFrame>> Questions = new()
    {
        ["presence"] = static (chat, user) => new PresenceGet { Chat = chat, Users = [user] },
        ["watched presence"] = static (chat, user) => new PresenceWatching { Chat = chat, Users = [user] },
    };

    public static TheoryData<string> SignNames => [.. Signs.Keys];

    public static TheoryData<string> QuestionNames => [.. Questions.Keys];

    [Theory]
    [MemberData(nameof(SignNames))]
    public async Task The_starter_sees_the_sign_once_the_other_has_answered_and_not_before(string sign)
    {
        await using var node = await TestNode.StartAsync(options: new NodeOptions());
        var (ann, bob) = (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        var chat = await ann.CreateAsync("bob");
        await ann.AckAsync(ann.Message(chat, "hello"));
        Assert.False(await Signs[sign](ann, bob, chat));

        // The other one sees the starter's.
        Assert.True(await Signs[sign](bob, ann, chat));
        await bob.AckAsync(bob.Message(chat, "hello yourself"));
        Assert.True(await Signs[sign](ann, bob, chat));
        Assert.True(await Signs[sign](bob, ann, chat));
    }

    [Theory]
    [MemberData(nameof(QuestionNames))]
    public async Task The_starter_sees_who_is_online_once_the_other_has_answered_and_not_before(string question)
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var node = await TestNode.StartAsync(time, new NodeOptions());
        var (ann, bob) = (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        var chat = await ann.CreateAsync("bob");
        await node.TurnAsync(2);
        Assert.Equal((false, null), await PresenceAsync(ann, "bob"));
        Assert.True((await PresenceAsync(ann, "ann")).Online);
        Assert.True((await PresenceAsync(bob, "ann")).Online);

        // Nothing is told behind the answer either: somebody goes and comes.
        bob.Connection.Leave();
        await bob.DisposeAsync();
        await node.TurnAsync(2);
        Assert.Equal((false, null), await PresenceAsync(ann, "bob"));
        bob = await node.ConnectAsync("bob");
        await node.TurnAsync(2);
        Assert.DoesNotContain(ann.Heard.OfType<PresenceChanged>(), static told => told.User == "bob");

        await bob.AckAsync(bob.Message(chat, "hello yourself"));
        Assert.True((await PresenceAsync(ann, "bob")).Online);

        async Task<(bool Online, DateTimeOffset? LastSeen)> PresenceAsync(TestDevice viewer, string user)
        {
            var list = Assert.IsType<PresenceList>(await viewer.AskAsync(Questions[question](chat, user)));
            return (list.Items[0].Online, list.Items[0].LastSeen);
        }
    }

    [Fact]
    public async Task The_starter_writes_three_messages_and_more_once_there_is_an_answer()
    {
        await using var node = await TestNode.StartAsync(options: new NodeOptions());
        var (ann, bob) = (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        var chat = await ann.CreateAsync("bob");
        for (var i = 0; i < 3; i++) await ann.AckAsync(ann.Message(chat, "hello?"));
        var fourth = ann.Message(chat, "anybody there?");
        var refused = await ann.ProblemAsync(fourth);
        Assert.Equal((ErrorCode.NotAnswered, 409, false), (refused.Code, refused.Status, refused.Retryable));
        var shown = Assert.IsType<ChatDetails>(await ann.AskAsync(new ChatGet { Chat = chat }));
        Assert.Equal("bob", shown.Awaits);

        await bob.AckAsync(bob.Message(chat, "I was asleep"));
        Assert.Equal(6, (await ann.AckAsync(fourth)).Seq);
        for (var i = 0; i < 10; i++) await ann.AckAsync(ann.Message(chat, "go on"));
        shown = Assert.IsType<ChatDetails>(await ann.AskAsync(new ChatGet { Chat = chat }));
        Assert.Null(shown.Awaits);
        await bob.NextAsync<MessageCreated>(static heard => heard.Seq == 16);
        Assert.Single(bob.Heard.OfType<MessageCreated>(), heard => heard.Body!.Text == fourth.Body.Text);
        Assert.Equal(
            Enumerable.Range(1, 16).Select(static seq => (long)seq),
            bob.Heard.OfType<ChatEvent>().Select(static heard => heard.Seq));
    }

    [Fact]
    public async Task The_starter_changes_messages_three_times_and_more_once_there_is_an_answer()
    {
        await using var node = await TestNode.StartAsync(options: new NodeOptions());
        var (ann, bob) = (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        var chat = await ann.CreateAsync("bob");
        for (var i = 0; i < 2; i++) await ann.AckAsync(ann.Message(chat, "hello?"));
        for (var i = 0; i < 2; i++) await ann.AckAsync(Edit("hello!"));
        await ann.AckAsync(Reaction("+1"));
        var refused = Edit("buy this");
        Assert.Equal(ErrorCode.NotAnswered, (await ann.ProblemAsync(refused)).Code);
        Assert.Equal(ErrorCode.NotAnswered, (await ann.ProblemAsync(Reaction("-1"))).Code);
        await bob.AckAsync(Reaction("eyes") with { ClientId = bob.Key() });
        await ann.AckAsync(new MessageDelete { Chat = chat, ClientId = ann.Key(), Target = 2 });
        await ann.AckAsync(ann.Message(chat, "the third"));

        await bob.AckAsync(bob.Message(chat, "I was asleep"));
        await ann.AckAsync(refused);
        for (var i = 0; i < 5; i++) await ann.AckAsync(Edit($"go on {i}"));

        MessageEdit Edit(string text) => new()
        {
            Chat = chat, ClientId = ann.Key(), Target = 3, Body = new MessageBody { Text = text },
        };

        ReactionSet Reaction(string emoji) => new()
        {
            Chat = chat, ClientId = ann.Key(), Target = 3, Emoji = emoji, On = true,
        };
    }

    [Fact]
    public async Task The_starter_sees_what_the_application_calls_the_other_before_the_answer()
    {
        IdentityPorts? identities = null;
        await using var node = await TestNode.StartAsync(
            options: new NodeOptions(),
            change: ports =>
            {
                identities = ports.Identities;
                return ports;
            });
        await identities!.Users.ChangeUserAsync(UserId.Parse("bob"), new UserChange { Name = "Bob B." }, 1, default);
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        var shown = Assert.IsType<ChatDetails>(await ann.AskAsync(new ChatGet { Chat = chat }));
        Assert.Equal("Bob B.", shown.Members.Single(static member => member.User == "bob").Name);
    }

    [Fact]
    public async Task A_chat_that_the_backend_starts_waits_for_nobody()
    {
        await using var node = await TestNode.StartAsync(options: new NodeOptions());
        var ann = await node.ConnectAsync("ann");
        var create = new ChatCreate { ClientId = ann.Key(), Direct = "bob" };
        var made = Assert.IsType<Ack>(
            await node.Node.AskAsync(UserId.Parse("ann"), create, isByServerKey: true, default));
        for (var i = 0; i < 10; i++) await ann.AckAsync(ann.Message(made.Chat, "your order is on its way"));
    }

    [Fact]
    public async Task The_backend_writes_into_an_unanswered_chat_and_answers_nothing_by_it()
    {
        await using var node = await TestNode.StartAsync(options: new NodeOptions());
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        for (var i = 0; i < 10; i++)
            Assert.IsType<Ack>(await node.Node.AskAsync(
                UserId.Parse("ann"), ann.Message(chat, "your order is on its way"), isByServerKey: true, default));
        Assert.Equal(ErrorCode.NotAnswered, (await ann.ProblemAsync(ann.Message(chat, "and I"))).Code);
    }

    [Fact]
    public async Task A_hidden_chat_is_off_the_list_until_the_next_message()
    {
        await using var node = await TestNode.StartAsync();
        var (ann, bob, phone) =
            (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"), await node.ConnectAsync("bob"));
        var chat = await ann.CreateAsync("bob");
        var sent = await ann.AckAsync(ann.Message(chat, "hello"));
        await HideAsync(bob, chat, isHidden: true);
        Assert.True((await phone.NextAsync<Mine>()).Hidden);
        await AssertListedAsync(node, bob, chat, isHidden: true);
        await AssertListedAsync(node, ann, chat, isHidden: false);

        // An event that is no message does not bring it back.
        await ann.AckAsync(
            new ReactionSet { Chat = chat, ClientId = ann.Key(), Target = sent.Seq, Emoji = "+1", On = true });
        await AssertListedAsync(node, bob, chat, isHidden: true);
        await ann.AckAsync(ann.Message(chat, "are you there?"));
        await AssertListedAsync(node, bob, chat, isHidden: false);

        await HideAsync(bob, chat, isHidden: true);
        await AssertListedAsync(node, bob, chat, isHidden: true);
        await HideAsync(bob, chat, isHidden: false);
        await AssertListedAsync(node, bob, chat, isHidden: false);
    }

    [Fact]
    public async Task An_unanswered_chat_stays_hidden_until_it_is_answered_or_shown()
    {
        await using var node = await TestNode.StartAsync(options: new NodeOptions());
        var (ann, bob) = (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        var chat = await ann.CreateAsync("bob");
        await HideAsync(bob, chat, isHidden: true);
        for (var i = 0; i < 3; i++) await ann.AckAsync(ann.Message(chat, "hello?"));
        await AssertListedAsync(node, bob, chat, isHidden: true);
        await HideAsync(bob, chat, isHidden: false);
        await AssertListedAsync(node, bob, chat, isHidden: false);
        await HideAsync(bob, chat, isHidden: true);
        await bob.AckAsync(bob.Message(chat, "who are you?"));
        await AssertListedAsync(node, bob, chat, isHidden: false);

        // The starter's own list is an ordinary one.
        await HideAsync(ann, chat, isHidden: true);
        await AssertListedAsync(node, ann, chat, isHidden: true);
        await bob.AckAsync(bob.Message(chat, "hello?"));
        await AssertListedAsync(node, ann, chat, isHidden: false);
    }

    [Fact]
    public async Task A_large_group_is_hidden_like_any_chat()
    {
        await using var node = await TestNode.StartAsync();
        var (ann, bob) = (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        var chat = await ann.CreateAsync(null, ["bob", .. Enumerable.Range(0, 60).Select(static i => $"u{i}")]);
        await ann.AckAsync(ann.Message(chat, "hello"));
        await HideAsync(bob, chat, isHidden: true);
        await AssertListedAsync(node, bob, chat, isHidden: true);
        await ann.AckAsync(ann.Message(chat, "hello again"));
        await AssertListedAsync(node, bob, chat, isHidden: false);
    }

    [Fact]
    public async Task Whoever_left_can_show_a_hidden_chat_and_hide_none()
    {
        await using var node = await TestNode.StartAsync();
        var (ann, bob) = (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        var chat = await ann.CreateAsync(null, "bob");
        await HideAsync(bob, chat, isHidden: true);
        await bob.AckAsync(new MemberRemove { Chat = chat, ClientId = bob.Key(), User = "bob" });
        await AssertListedAsync(node, bob, chat, isHidden: true);
        await HideAsync(bob, chat, isHidden: false);
        await AssertListedAsync(node, bob, chat, isHidden: false);
        Assert.Equal(ErrorCode.NotFound, (await bob.ProblemAsync(new MineSet { Chat = chat, Hidden = true })).Code);
    }

    private static async Task HideAsync(TestDevice device, string chat, bool isHidden)
    {
        var mine = Assert.IsType<Mine>(await device.AskAsync(new MineSet { Chat = chat, Hidden = isHidden }));
        Assert.Equal(isHidden, mine.Hidden is true);
    }

    /// <summary>The list leaves a hidden chat out; a sync, the chat itself and its own settings say that it is.
    /// </summary>
    private static async Task AssertListedAsync(TestNode node, TestDevice device, string chat, bool isHidden)
    {
        Assert.True(await node.Node.CatchUpAsync(default));
        var listed = Assert.IsType<ChatList>(await device.AskAsync(new ChatsGet())).Items;
        Assert.Equal(!isHidden, listed.Any(item => item.Chat == chat && item.Hidden is null));
        var synced = (await device.SyncAsync()).Items;
        Assert.Equal(isHidden, Assert.Single(synced, item => item.Chat == chat).Hidden is true);
        var mine = Assert.IsType<Mine>(await device.AskAsync(new MineSet { Chat = chat }));
        Assert.Equal(isHidden, mine.Hidden is true);
        if (await device.AskAsync(new ChatGet { Chat = chat }) is ChatDetails details)
            Assert.Equal(isHidden, details.Hidden is true);
    }

    /// <summary>Whether the viewer is told that the other one has read; a frame that is not sent is not waited for.
    /// </summary>
    private static async Task<bool> ReceiptAsync(TestDevice viewer, TestDevice other, string chat)
    {
        var head = Assert.IsType<ChatDetails>(await other.AskAsync(new ChatGet { Chat = chat })).HeadSeq;
        await other.AckAsync(new Mark { Chat = chat, Read = head });
        return await IsToldAsync(viewer, chat, () => viewer.Heard.OfType<Receipts>()
            .Any(told => told.Items.Any(item => item.User != viewer.Ready.User && item.Read == head)));
    }

    private static async Task<bool> MarkerAsync(TestDevice viewer, TestDevice other, string chat)
    {
        var head = Assert.IsType<ChatDetails>(await other.AskAsync(new ChatGet { Chat = chat })).HeadSeq;
        await other.AckAsync(new Mark { Chat = chat, Read = head });
        var page = Assert.IsType<Page>(await viewer.AskAsync(new HistoryGet { Chat = chat }));
        return page.Markers!.Any(marker => marker.User != viewer.Ready.User);
    }

    private static async Task<bool> TypingAsync(TestDevice viewer, TestDevice other, string chat)
    {
        await other.SendAsync(new Typing { Chat = chat, On = true });
        var isTold = await IsToldAsync(viewer, chat, () => viewer.Heard.OfType<TypingUpdate>()
            .Any(told => told.Users.Contains(other.Ready.User)));
        await other.SendAsync(new Typing { Chat = chat, On = false });
        return isTold;
    }

    /// <summary>
    /// Marks until the own mark is told, a second and more after what might be told: both go through the same loops.
    /// </summary>
    private static async Task<bool> IsToldAsync(TestDevice viewer, string chat, Func<bool> isTold)
    {
        for (var seq = 1; seq <= 2; seq++)
            await viewer.AckAsync(new Mark { Chat = chat, Delivered = seq });
        return isTold();
    }
}
