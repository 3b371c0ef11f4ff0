using LiveChat.Core.Nodes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>Reactions that change nothing of what is shown.</summary>
public sealed class UnneededReactionsTests
{
    /// <param name="before">What the user did with the emoji before: 1 sets it, 0 takes it back.</param>
    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("10")]
    [InlineData("101")]
    public async Task A_reaction_that_is_so_already_is_answered_without_an_event(string before)
    {
        await using var node = await TestNode.StartAsync();
        var (ann, bob) = (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        var chat = await ann.CreateAsync("bob");
        var target = (await ann.AckAsync(ann.Message(chat, "hello"))).Seq;

        // Neither of these is the reaction that is asked about.
        await ann.AckAsync(Reaction(ann, chat, target, "+1", on: true));
        await bob.AckAsync(Reaction(bob, chat, target, "-1", on: true));
        foreach (var step in before)
            Assert.NotNull((await bob.AckAsync(Reaction(bob, chat, target, "+1", on: step == '1'))).Id);
        Assert.True(await node.Node.CatchUpAsync(default));

        var head = target + 2 + before.Length;
        var isOn = before.EndsWith('1');
        var again = await bob.AckAsync(Reaction(bob, chat, target, "+1", isOn));
        Assert.Equal((chat, null, head, false), (again.Chat, again.Id, again.Seq, again.Duplicate));
        var changed = await bob.AckAsync(Reaction(bob, chat, target, "+1", !isOn));
        Assert.Equal(head + 1, changed.Seq);
        Assert.NotNull(changed.Id);
        await ann.NextAsync<ReactionChanged>(told => told.Seq == head + 1);
        Assert.Equal(
            Enumerable.Range(1, (int)head + 1).Select(static seq => (long)seq),
            ann.Heard.OfType<ChatEvent>().Select(static told => told.Seq));
    }

    [Fact]
    public async Task A_repetition_of_what_became_an_event_is_answered_as_it_was()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        var target = (await ann.AckAsync(ann.Message(chat, "hello"))).Seq;
        var set = Reaction(ann, chat, target, "+1", on: true);
        var first = await ann.AckAsync(set);
        Assert.True(await node.Node.CatchUpAsync(default));
        var again = await ann.AckAsync(set);
        Assert.Equal((first.Id, first.Seq, true), (again.Id, again.Seq, again.Duplicate));
    }

    [Fact]
    public async Task What_a_session_sends_without_waiting_has_its_effect_in_that_order()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        var target = (await ann.AckAsync(ann.Message(chat, "hello"))).Seq;
        Assert.True(await node.Node.CatchUpAsync(default));
        for (var i = 0; i < 20; i++)
        {
            await ann.SendAsync(Reaction(ann, chat, target, "+1", on: true) with { Id = 1_000 });
            await ann.SendAsync(Reaction(ann, chat, target, "+1", on: false) with { Id = 1_001 });
            await ann.NextAsync<Ack>(static ack => ack.Re == 1_001);
            var page = Assert.IsType<Page>(await ann.AskAsync(new HistoryGet { Chat = chat }));
            Assert.All(page.Items.OfType<MessageCreated>(), static message => Assert.Null(message.Reactions));
        }
    }

    [Fact]
    public async Task Reactions_taken_back_leave_room_for_others()
    {
        await using var node = await TestNode.StartAsync(options: new NodeOptions
        {
            Rates = new()
            {
                UserPerSecond = 100_000, UserBurst = 100_000, ChatPerSecond = 100_000, ChatBurst = 10_000,
                ReadRowsPerSecond = 1_000_000, ReadRowsBurst = 10_000_000,
            },
            Sessions = new() { FramesPerSecond = 100_000, FramesBurst = 100_000 },
            Ingest = new() { UnansweredMessagesMax = 0 },
        });
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        var target = (await ann.AckAsync(ann.Message(chat, "hello"))).Seq;
        for (var i = 0; i < Limits.EmojisByUserMax; i++)
            await ann.AckAsync(Reaction(ann, chat, target, $"e{i}", on: true));
        Assert.True(await node.Node.CatchUpAsync(default));
        Assert.Equal(
            ErrorCode.ValidationFailed, (await ann.ProblemAsync(Reaction(ann, chat, target, "more", on: true))).Code);
        await ann.AckAsync(Reaction(ann, chat, target, "e0", on: false));
        Assert.True(await node.Node.CatchUpAsync(default));
        Assert.NotNull((await ann.AckAsync(Reaction(ann, chat, target, "more", on: true))).Id);
        Assert.True(await node.Node.CatchUpAsync(default));

        // What is taken back needs no room, whether it was there or not.
        Assert.Null((await ann.AckAsync(Reaction(ann, chat, target, "never", on: false))).Id);
    }

    private static ReactionSet Reaction(TestDevice device, string chat, long target, string emoji, bool on) =>
        new() { Chat = chat, ClientId = device.Key(), Target = target, Emoji = emoji, On = on };
}
