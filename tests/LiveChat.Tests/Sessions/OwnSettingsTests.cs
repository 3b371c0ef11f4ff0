using System.Text;
using LiveChat.Core.Identities;
using LiveChat.Core.Ingest;
using LiveChat.Core.Nodes;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Sessions;

/// <summary>Mute and pin: for the own devices alone, and for all of them.</summary>
public sealed class OwnSettingsTests
{
    private static readonly DateTimeOffset Later = TimeProvider.System.GetUtcNow().AddHours(1);
    private static readonly DateTimeOffset LaterOnTheWire =
        DateTimeOffset.FromUnixTimeMilliseconds(Later.ToUnixTimeMilliseconds());

    private readonly NodeOptions _quick = new()
    {
        Rates = new RateOptions { UserPerSecond = 100_000, UserBurst = 100_000, ChatBurst = 1_000 },
    };

    [Fact]
    public async Task What_one_device_sets_all_devices_of_the_user_hear_and_nobody_else()
    {
        await using var node = await TestNode.StartAsync();
        var (phone, laptop, bob) =
            (await node.ConnectAsync("ann"), await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        var chat = await phone.CreateAsync("bob");
        var answer = await MineAsync(phone, new MineSet { Chat = chat, MutedUntil = Later });
        Assert.Equal((LaterOnTheWire, false), (answer.MutedUntil, answer.Pinned));
        answer = await MineAsync(phone, new MineSet { Chat = chat, Pinned = true });
        Assert.Equal((LaterOnTheWire, true), (answer.MutedUntil, answer.Pinned));
        Assert.Equal(answer with { Re = null }, await laptop.NextAsync<Mine>(told => told.Pinned));
        Assert.Contains(answer with { Re = null }, phone.Heard);

        var shown = Assert.IsType<ChatDetails>(await laptop.AskAsync(new ChatGet { Chat = chat }));
        Assert.Equal((LaterOnTheWire, true), (shown.MutedUntil, shown.Pinned));
        Assert.True(await node.Node.CatchUpAsync(default));
        var listed = Assert.Single(Assert.IsType<ChatList>(await laptop.AskAsync(new ChatsGet())).Items);
        Assert.Equal((LaterOnTheWire, true), (listed.MutedUntil, listed.Pinned));
        listed = Assert.Single((await laptop.SyncAsync()).Items);
        Assert.Equal((LaterOnTheWire, true), (listed.MutedUntil, listed.Pinned));

        shown = Assert.IsType<ChatDetails>(await bob.AskAsync(new ChatGet { Chat = chat }));
        Assert.Equal((null, false), (shown.MutedUntil, shown.Pinned));
        Assert.DoesNotContain(bob.Heard, static frame => frame is Mine);

        answer = await MineAsync(phone, new MineSet { Chat = chat, MutedUntil = DateTimeOffset.UnixEpoch });
        Assert.Equal((null, true), (answer.MutedUntil, answer.Pinned));
        Assert.Equal(answer.Pinned, (await MineAsync(phone, new MineSet { Chat = chat })).Pinned);
    }

    [Fact]
    public async Task Pins_are_limited_and_whoever_left_can_only_take_back()
    {
        await using var node = await TestNode.StartAsync(options: _quick);
        var ann = await node.ConnectAsync("ann");
        var chats = new List<string>();
        for (var i = 0; i <= Limits.PinsMax; i++) chats.Add(await ann.CreateAsync(null, "bob"));
        foreach (var chat in chats.SkipLast(1))
            Assert.True((await MineAsync(ann, new MineSet { Chat = chat, Pinned = true })).Pinned);
        var one = new MineSet { Chat = chats[^1], Pinned = true };
        Assert.Equal(ErrorCode.PayloadTooLarge, (await ann.ProblemAsync(one)).Code);
        Assert.True((await MineAsync(ann, new MineSet { Chat = chats[0], Pinned = true })).Pinned);

        var bob = await node.ConnectAsync("bob");
        await MineAsync(bob, new MineSet { Chat = chats[0], Pinned = true });
        foreach (var chat in chats[..2])
            await bob.AckAsync(new MemberRemove { Chat = chat, ClientId = bob.Key(), User = "bob" });
        Assert.False((await MineAsync(bob, new MineSet { Chat = chats[0], Pinned = false })).Pinned);
        Assert.Equal(
            ErrorCode.NotFound, (await bob.ProblemAsync(new MineSet { Chat = chats[1], Pinned = true })).Code);
    }

    [Fact]
    public async Task A_device_that_was_away_is_told_that_the_chat_changed()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        Assert.True(await node.Node.CatchUpAsync(default));
        var now = await NowBehindAsync(node, chat);
        var phone = await node.ConnectAsync("ann", await node.SinceAsync(now));
        Assert.Equal("recovered", phone.Ready.Resume);
        await phone.DisposeAsync();

        await MineAsync(ann, new MineSet { Chat = chat, Pinned = true });
        phone = await node.ConnectAsync("ann", await node.SinceAsync(now));
        Assert.Equal(chat, Assert.Single(phone.Ready.Behind!).Chat);
    }

    [Fact]
    public async Task What_changes_while_a_device_connects_it_is_told_once_it_is_there()
    {
        var identities = IdentityPorts.InMemory();
        var settings = new HeldSettings(identities.Settings);
        await using var node = await TestNode.StartAsync(
            change: ports => ports with { Identities = identities with { Settings = settings } });
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        Assert.True(await node.Node.CatchUpAsync(default));
        var now = await NowBehindAsync(node, chat);
        settings.AfterRead(() => MineAsync(ann, new MineSet { Chat = chat, Pinned = true }));
        var phone = await node.ConnectAsync("ann", await node.SinceAsync(now));
        Assert.Equal("recovered", phone.Ready.Resume);
        Assert.True((await phone.NextAsync<Mine>()).Pinned);
    }

    [Theory]
    [InlineData(60_000, "partial")]
    [InlineData(0, "recovered")]
    public async Task What_was_read_while_a_device_connects_it_is_told_once_it_is_there(int ago, string resume)
    {
        await using var node = await TestNode.StartAsync();
        var (ann, bob) = (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        var chat = await ann.CreateAsync("bob");
        var sent = await bob.AckAsync(bob.Message(chat, "read me"));
        Assert.True(await node.Node.CatchUpAsync(default));
        var now = await NowBehindAsync(node, chat);
        node.Reads.AfterChats(async () =>
        {
            await ann.AckAsync(new Mark { Chat = chat, Read = sent.Seq });
            await ann.NextAsync<Receipts>(); // All sessions are told by then, and this one is none yet.
        });
        var phone = await node.ConnectAsync("ann", await node.SinceAsync(now - ago));
        Assert.Equal(resume, phone.Ready.Resume);
        var told = Assert.Single((await phone.NextAsync<Receipts>()).Items);
        Assert.Equal(("ann", sent.Seq, 1L), (told.User, told.Read!.Value, told.ReadN!.Value));
    }

    /// <summary>A time behind the last event of the chat.</summary>
    private static async Task<long> NowBehindAsync(TestNode node, string chat)
    {
        Assert.True(ChatId.TryParse(chat, out var id));
        var head = await node.Tables.ReadHeadAsync(id, default);
        while (true)
        {
            var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
            if (now > head!.TimeMs) return now;
            await Task.Yield();
        }
    }

    [Fact]
    public async Task A_device_that_is_slow_for_a_moment_is_told_and_stays()
    {
        await using var node = await TestNode.StartAsync();
        var (phone, slow) = (await node.ConnectAsync("ann"), await node.ConnectAsync("ann"));
        var chat = await phone.CreateAsync("bob");
        await slow.NextAsync<ChatCreated>();
        slow.Connection.Outbox.PostAnswer(LargeFrame());
        await MineAsync(phone, new MineSet { Chat = chat, Pinned = true });
        Assert.True(slow.Connection.Outbox.IsBehind);
        Assert.True((await slow.NextAsync<Mine>()).Pinned);
        Assert.Equal((false, null), (slow.Connection.Outbox.IsBehind, slow.Connection.Outbox.Closed));
    }

    [Fact]
    public async Task A_device_that_cannot_be_told_for_longer_is_closed_to_come_back()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var node = await TestNode.StartAsync(time);
        var (phone, slow) = (await node.ConnectAsync("ann"), await node.ConnectAsync("ann"));
        var chat = await phone.CreateAsync("bob");
        slow.Connection.Outbox.PostAnswer(LargeFrame());
        await MineAsync(phone, new MineSet { Chat = chat, Pinned = true });
        await node.TurnAsync(new OutboxOptions().GraceSeconds + 6);
        Assert.Equal(CloseCode.SlowConsumer, slow.Connection.Outbox.Closed);
        Assert.Null(phone.Connection.Outbox.Closed);
    }

    [Fact]
    public async Task Devices_that_set_at_the_same_time_end_with_what_is_stored()
    {
        var identities = IdentityPorts.InMemory();
        var held = new HeldSettings(identities.Settings);
        await using var node = await TestNode.StartAsync(
            change: ports => ports with { Identities = identities with { Settings = held } });
        var (phone, laptop) = (await node.ConnectAsync("ann"), await node.ConnectAsync("ann"));
        var chat = await phone.CreateAsync("bob");
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        held.Hold(answered.Task);
        var first = MineAsync(phone, new MineSet { Chat = chat, Pinned = true });
        await MineAsync(laptop, new MineSet { Chat = chat, Pinned = false });
        answered.SetResult();
        await first;
        foreach (var device in (TestDevice[])[phone, laptop])
        {
            Assert.False((await MineAsync(device, new MineSet { Chat = chat })).Pinned);
            Assert.False(device.Heard.OfType<Mine>().Last(static told => told.Re is null).Pinned);
        }
    }

    [Fact]
    public async Task Setting_is_limited_like_every_command()
    {
        await using var node = await TestNode.StartAsync(
            options: new NodeOptions { Rates = new RateOptions { UserPerSecond = 1, UserBurst = 2 } });
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        await MineAsync(ann, new MineSet { Chat = chat, Pinned = true });
        foreach (var command in (ClientFrame[])[
            new MineSet { Chat = chat, Pinned = false }, new PresenceSet { Visible = false }])
        {
            var problem = await ann.ProblemAsync(command);
            Assert.Equal((ErrorCode.RateLimited, true), (problem.Code, problem.Retryable));
        }
    }

    /// <summary>An outbox with it has no room.</summary>
    internal static byte[] LargeFrame() => Encoding.UTF8.GetBytes(
        "{\"type\":\"unknown\",\"data\":{\"text\":\"" + new string('x', new OutboxOptions().BytesMax) + "\"}}");

    private static async Task<Mine> MineAsync(TestDevice device, MineSet command) =>
        Assert.IsType<Mine>(await device.AskAsync(command));
}
