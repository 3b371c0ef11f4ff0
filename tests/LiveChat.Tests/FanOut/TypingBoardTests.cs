using LiveChat.Core.FanOut;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Timing;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using LiveChat.Tests.History;
using LiveChat.Tests.Sessions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.FanOut;

/// <summary>Who types, as the other members are told; the time is moved by hand.</summary>
public sealed class TypingBoardTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

    [Fact]
    public async Task Typing_ends_by_itself_when_it_is_not_repeated_within_6_s()
    {
        await using var node = await TestNode.StartAsync(_time);
        var (ann, bob, chat) = await PairAsync(node);
        await ann.SendAsync(new Typing { Chat = chat, On = true });
        Assert.Equal(["ann"], (await bob.NextAsync<TypingUpdate>()).Users);
        await node.TurnAsync(4);
        await ann.SendAsync(new Typing { Chat = chat, On = true });
        await node.TurnAsync(4);
        await bob.AckAsync(bob.Message(chat, "are you there?"));
        Assert.Single(bob.Heard.OfType<TypingUpdate>());

        await node.TurnAsync(4);
        Assert.Empty((await bob.NextAsync<TypingUpdate>()).Users);
    }

    [Fact]
    public async Task A_flood_of_typing_is_one_frame_a_second_for_each_user()
    {
        const int Seconds = 5;
        await using var node = await TestNode.StartAsync(_time);
        var (ann, bob, chat) = await PairAsync(node);
        for (var second = 0; second < Seconds; second++)
        {
            for (var i = 0; i < 10; i++) await ann.SendAsync(new Typing { Chat = chat, On = i % 2 == 0 });
            await node.TurnAsync(1);
        }

        await bob.AckAsync(bob.Message(chat, "stop it"));
        Assert.InRange(bob.Heard.OfType<TypingUpdate>().Count(), 1, Seconds + 1);
    }

    /// <summary>One who types much keeps nobody else from being seen at once.</summary>
    [Fact]
    public async Task Each_user_is_told_of_at_once_whoever_was_told_of_just_before()
    {
        await using var node = await TestNode.StartAsync(_time);
        var names = (string[])["bob", "cat", "dan"];
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync(null, names);
        for (var i = 0; i < names.Length; i++)
        {
            await (await node.ConnectAsync(names[i])).SendAsync(new Typing { Chat = chat, On = true });
            Assert.Equal(names[..(i + 1)], (await ann.NextAsync<TypingUpdate>()).Users);
        }
    }

    /// <summary>A device that reads slowly misses the end, and is told it once there is room again.</summary>
    [Fact]
    public async Task What_an_outbox_had_no_room_for_is_told_when_it_has()
    {
        await using var node = await TestNode.StartAsync(
            _time, new NodeOptions { Outbox = new OutboxOptions { BytesMax = 16 * 1024 } });
        var (ann, bob, chat) = await PairAsync(node);
        await ann.SendAsync(new Typing { Chat = chat, On = true });
        Assert.Equal(["ann"], (await bob.NextAsync<TypingUpdate>()).Users);
        await ann.AckAsync(ann.Message(chat, new string('x', 12_000)));
        await ann.SendAsync(new Typing { Chat = chat, On = true });
        await node.TurnAsync(2);
        await ann.SendAsync(new Typing { Chat = chat, On = false });
        await bob.NextAsync<MessageCreated>();
        await node.TurnAsync(2);
        await bob.AskAsync(new ChatsGet());
        Assert.Empty(bob.Heard.OfType<TypingUpdate>().Last().Users);
    }

    /// <summary>Half full, an outbox drops what may get lost. Full, it makes heads of events.</summary>
    [Theory]
    [InlineData(9_000)]
    [InlineData(16_300)]
    public async Task No_device_reads_a_message_before_the_end_of_its_senders_typing(int waiting)
    {
        await using var node = await TestNode.StartAsync(
            _time, new NodeOptions { Outbox = new OutboxOptions { BytesMax = 16 * 1024 } });
        var (ann, bob, chat) = await PairAsync(node);
        await ann.SendAsync(new Typing { Chat = chat, On = true });
        Assert.Equal(["ann"], (await bob.NextAsync<TypingUpdate>()).Users);
        bob.Connection.Outbox.PostAnswer(
            FrameBytes.Of(new Ack { Re = 77, Seq = 1, Chat = new string('x', waiting) }));
        await ann.AckAsync(ann.Message(chat, "first"));
        await node.TurnAsync(1);
        while (bob.Read() > 0) continue;
        await node.TurnAsync(2);
        var second = await ann.AckAsync(ann.Message(chat, "second"));

        await bob.NextAsync<MessageCreated>(message => message.Seq == second.Seq);
        var told = bob.Heard.FindLastIndex(static frame => frame is TypingUpdate);
        Assert.Empty(((TypingUpdate)bob.Heard[told]).Users);
        Assert.InRange(told, 0, bob.Heard.FindIndex(static frame => frame is MessageCreated) - 1);
    }

    [Fact]
    public async Task A_stranger_types_unseen()
    {
        await using var node = await TestNode.StartAsync(_time);
        var (ann, bob, chat) = await PairAsync(node);
        var mallory = await node.ConnectAsync("mallory");
        await mallory.SendAsync(new Typing { Chat = chat, On = true });
        await ann.SendAsync(new Typing { Chat = chat, On = true });
        Assert.Equal(["ann"], (await bob.NextAsync<TypingUpdate>()).Users);
    }

    /// <summary>A device that looked the roster up before the removal comes to the board behind it.</summary>
    [Fact]
    public async Task Who_is_no_member_any_more_hears_of_no_typing_and_who_may_be_no_owner_tells_of_none()
    {
        await using var node = await TestNode.StartAsync(_time);
        var devices = new Dictionary<string, TestDevice>();
        var sessions = new SessionDirectory();
        foreach (var name in (string[])["ann", "bob", "cat"])
        {
            devices[name] = await node.ConnectAsync(name);
            sessions.Add(devices[name].Connection.Session!);
        }

        var before = ChatEvents.Of([Records.Created("ann", 0, "bob", "cat")], Records.Chat)[^1].After;
        var after = before with { Roster = before.Roster.Without(UserId.Parse("bob")) };
        var pending = Ingest.Waiting.Over(new InMemoryMessageLog(1, _time), _time);
        var fanOut = new NodeFanOut(sessions, new TailCache(), pending, new HeadCoalescer(_time));
        var isOwner = true;
        var board = new TypingBoard(fanOut, _ => after, _ => isOwner, new TimingWheel(_time), _time);
        board.Set(before, UserId.Parse("bob"), new OwnTypingSource(devices["bob"].Connection.Outbox), on: true);
        _time.Advance(TimeSpan.FromSeconds(1));
        board.Set(before, UserId.Parse("ann"), new OwnTypingSource(devices["ann"].Connection.Outbox), on: true);

        Assert.Equal(["ann"], (await devices["cat"].NextAsync<TypingUpdate>(told => told.Users.Count > 0)).Users);
        await devices["bob"].AskAsync(new ChatsGet());
        Assert.DoesNotContain(devices["bob"].Heard, static frame => frame is TypingUpdate);
        Assert.DoesNotContain(devices["cat"].Heard.OfType<TypingUpdate>(), told => told.Users.Contains("bob"));

        isOwner = false;
        _time.Advance(TimeSpan.FromSeconds(1));
        board.OnDue();
        Assert.Empty((await devices["cat"].NextAsync<TypingUpdate>()).Users);
        board.Set(before, UserId.Parse("ann"), new OwnTypingSource(devices["ann"].Connection.Outbox), on: true);
        _time.Advance(TimeSpan.FromSeconds(1));
        board.OnDue();
        var heard = devices["cat"].Heard.OfType<TypingUpdate>().Count();
        await devices["cat"].AskAsync(new ChatsGet());
        Assert.Equal(heard, devices["cat"].Heard.OfType<TypingUpdate>().Count());
    }

    private static async Task<(TestDevice Ann, TestDevice Bob, string Chat)> PairAsync(TestNode node)
    {
        var ann = await node.ConnectAsync("ann");
        var bob = await node.ConnectAsync("bob");
        return (ann, bob, await ann.CreateAsync("bob"));
    }
}
