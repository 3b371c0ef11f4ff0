using LiveChat.Core.Identities;
using LiveChat.Core.Nodes;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Presence;
using LiveChat.Core.Timing;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Sessions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Presence;

/// <summary>Who sees whom online, without sockets; the time is moved by hand.</summary>
public sealed class PresenceTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

    [Fact]
    public async Task A_user_is_online_until_the_last_device_leaves_and_then_last_seen()
    {
        await using var node = await TestNode.StartAsync(_time);
        var (ann, bob, chat) = await PairAsync(node);
        var phone = await node.ConnectAsync("bob");
        await node.TurnAsync(1);
        Assert.Equal(new PresenceItem("bob", true), await AskAsync(ann, chat));

        await LeaveAsync(bob);
        await node.TurnAsync(1);
        Assert.Equal(new PresenceItem("bob", true), await AskAsync(ann, chat));
        var seen = _time.GetUtcNow();
        await phone.SendAsync(new Pong());
        await LeaveAsync(phone);
        await node.TurnAsync(1);
        Assert.Equal(new PresenceItem("bob", false, seen), await AskAsync(ann, chat));
    }

    [Fact]
    public async Task A_lost_connection_ends_60_s_after_its_last_sign()
    {
        await using var node = await TestNode.StartAsync(_time);
        var (ann, bob, chat) = await PairAsync(node);
        await node.TurnAsync(7);
        await bob.SendAsync(new Pong());
        var seen = _time.GetUtcNow();
        await node.TurnAsync(20);
        await bob.DisposeAsync();
        await node.TurnAsync(20);
        await ann.SendAsync(new Pong());
        await node.TurnAsync(19);
        Assert.Equal(new PresenceItem("bob", true), await AskAsync(ann, chat));
        await node.TurnAsync(1);
        Assert.Equal(new PresenceItem("bob", false, seen), await AskAsync(ann, chat));
    }

    [Fact]
    public async Task A_user_is_last_seen_on_the_device_that_gave_the_last_sign_also_when_a_silent_one_goes_later()
    {
        await using var node = await TestNode.StartAsync(_time);
        var (ann, bob, chat) = await PairAsync(node);
        await node.TurnAsync(30);
        await ann.SendAsync(new Pong());
        var phone = await node.ConnectAsync("bob");
        var seen = _time.GetUtcNow();
        await LeaveAsync(phone);
        await node.TurnAsync(10);
        await bob.DisposeAsync();
        await node.TurnAsync(30);
        Assert.Equal(new PresenceItem("bob", true), await AskAsync(ann, chat));
        await node.TurnAsync(21);
        Assert.Equal(new PresenceItem("bob", false, seen), await AskAsync(ann, chat));
    }

    [Fact]
    public async Task Whoever_answers_pings_stays_online_without_a_gap()
    {
        await using var node = await TestNode.StartAsync(_time);
        var (ann, bob, chat) = await PairAsync(node);
        await node.TurnAsync(1);
        await ann.AskAsync(new PresenceWatching { Chat = chat, Users = ["bob"] });
        for (var beat = 0; beat < 8; beat++)
        {
            await node.TurnAsync(30);
            await bob.SendAsync(new Pong());
            await ann.SendAsync(new Pong());
            Assert.Equal(new PresenceItem("bob", true), await AskAsync(ann, chat));
        }

        Assert.DoesNotContain(ann.Heard, frame => frame is PresenceChanged);
    }

    [Fact]
    public async Task A_watcher_is_told_who_comes_and_goes_at_most_once_a_second()
    {
        await using var node = await TestNode.StartAsync(_time);
        var (ann, bob, chat) = await PairAsync(node);
        await node.TurnAsync(1);
        var now = Assert.IsType<PresenceList>(
            await ann.AskAsync(new PresenceWatching { Chat = chat, Users = ["bob", "bob", "stranger"] }));
        Assert.Equal([new PresenceItem("bob", true), new PresenceItem("stranger", false)], now.Items);

        await LeaveAsync(bob);
        await node.TurnAsync(3);
        var went = await ann.NextAsync<PresenceChanged>();
        Assert.Equal((chat, "bob", false, true), (went.Chat, went.User, went.Online, went.LastSeen is not null));
        const int Seconds = 5;
        for (var i = 0; i < Seconds * 2; i++)
        {
            var device = await node.ConnectAsync("bob");
            await node.PartAsync();
            await LeaveAsync(device);
            await node.PartAsync();
        }

        await node.ConnectAsync("bob");
        await node.TurnAsync(3);
        await AskAsync(ann, chat);
        var told = ann.Heard.OfType<PresenceChanged>().ToList();
        Assert.True(told[^1].Online);
        Assert.InRange(told.Count, 2, Seconds + 4);
    }

    [Fact]
    public async Task Strangers_and_missing_chats_look_the_same_and_former_members_are_told_nothing()
    {
        await using var node = await TestNode.StartAsync(_time);
        var (ann, bob) = (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        var eve = await node.ConnectAsync("eve");
        var chat = await ann.CreateAsync(null, "bob", "eve");
        await node.TurnAsync(1);
        await eve.AskAsync(new PresenceWatching { Chat = chat, Users = ["bob"] });
        await ann.AskAsync(new PresenceWatching { Chat = chat, Users = ["eve", "bob"] });
        await ann.AckAsync(new MemberRemove { Chat = chat, ClientId = ann.Key(), User = "eve" });

        foreach (var target in new[] { chat, "4242" })
        {
            var users = new[] { "bob" };
            var asked = await eve.ProblemAsync(new PresenceGet { Chat = target, Users = users });
            var watched = await eve.ProblemAsync(new PresenceWatching { Chat = target, Users = users });
            Assert.Equal((ErrorCode.NotFound, ErrorCode.NotFound), (asked.Code, watched.Code));
        }

        await LeaveAsync(bob);
        await node.TurnAsync(3);
        Assert.Equal("bob", (await ann.NextAsync<PresenceChanged>()).User);
        await LeaveAsync(eve);
        await node.TurnAsync(3);
        var left = Assert.IsType<PresenceList>(
            await ann.AskAsync(new PresenceGet { Chat = chat, Users = ["eve", "bob"] }));
        Assert.Equal(new PresenceItem("eve", false), left.Items[0]);
        Assert.NotNull(left.Items[1].LastSeen);
        Assert.DoesNotContain(eve.Heard, frame => frame is PresenceChanged);
        Assert.Single(ann.Heard.OfType<PresenceChanged>());
    }

    [Fact]
    public async Task Strangers_the_unknown_and_the_hidden_have_one_answer_at_one_cost()
    {
        var stores = new BreakablePresence(
            new InProcessPresenceStore(new TimingWheel(_time), _time), new InMemoryLastSeenStore());
        await using var node = await TestNode.StartAsync(_time, change: ports => ports with
        {
            Presence = stores,
            Identities = ports.Identities with { LastSeen = stores },
        });
        var (ann, bob, chat) = await PairAsync(node);
        await node.ConnectAsync("stranger");
        await bob.AskAsync(new PresenceSet { Visible = false });
        await node.TurnAsync(2);
        foreach (var user in (string[])["bob", "stranger", "unknown"])
        {
            stores.Reads.Clear();
            Assert.Equal(new PresenceItem(user, false), await AskAsync(ann, chat, user));
            Assert.Equal([1, 1], stores.Reads);
        }
    }

    [Fact]
    public async Task Typing_and_receipts_stay_among_the_members()
    {
        await using var node = await TestNode.StartAsync(_time);
        var (ann, bob, _) = await PairAsync(node);
        var (eve, former) = (await node.ConnectAsync("eve"), await node.ConnectAsync("former"));
        var chat = await ann.CreateAsync(null, "bob", "former");
        await ann.AckAsync(new MemberRemove { Chat = chat, ClientId = ann.Key(), User = "former" });
        foreach (var outsider in (TestDevice[])[eve, former])
        {
            await outsider.SendAsync(new Typing { Chat = chat, On = true });
            var problem = await outsider.ProblemAsync(new Mark { Chat = chat, Read = 1 });
            var missing = await outsider.ProblemAsync(new Mark { Chat = "4242", Read = 1 });
            Assert.Equal((ErrorCode.NotFound, ErrorCode.NotFound), (problem.Code, missing.Code));
        }

        await ann.SendAsync(new Typing { Chat = chat, On = true });
        await ann.SendAsync(new Mark { Chat = chat, Read = 1 });
        await node.TurnAsync(3);
        Assert.Equal(["ann"], (await bob.NextAsync<TypingUpdate>()).Users);
        Assert.Equal("ann", Assert.Single((await bob.NextAsync<Receipts>()).Items).User);
        foreach (var outsider in (TestDevice[])[eve, former])
        {
            await outsider.AskAsync(new ChatsGet());
            Assert.DoesNotContain(outsider.Heard, frame => frame is TypingUpdate or Receipts);
        }
    }

    [Fact]
    public async Task Whoever_hides_is_shown_offline_and_sees_nobody()
    {
        await using var node = await TestNode.StartAsync(_time);
        var (ann, bob, chat) = await PairAsync(node);
        await node.TurnAsync(1);
        await ann.AskAsync(new PresenceWatching { Chat = chat, Users = ["bob"] });
        Assert.True(Assert.IsType<PresenceSetting>(await bob.AskAsync(new PresenceSet())).Visible);
        await bob.AskAsync(new PresenceWatching { Chat = chat, Users = ["ann"] });
        Assert.False(
            Assert.IsType<PresenceSetting>(await bob.AskAsync(new PresenceSet { Visible = false })).Visible);
        await node.TurnAsync(3);
        var hidden = await ann.NextAsync<PresenceChanged>();
        Assert.Equal((false, (DateTimeOffset?)null), (hidden.Online, hidden.LastSeen));
        Assert.Equal(new PresenceItem("bob", false), await AskAsync(ann, chat));
        Assert.Equal(new PresenceItem("ann", false), await AskAsync(bob, chat, "ann"));
        Assert.False(Assert.IsType<PresenceSetting>(await bob.AskAsync(new PresenceSet())).Visible);

        await LeaveAsync(ann);
        await node.TurnAsync(3);
        Assert.Equal(new PresenceItem("ann", false), await AskAsync(bob, chat, "ann"));
        Assert.DoesNotContain(bob.Heard, frame => frame is PresenceChanged);

        await bob.AskAsync(new PresenceSet { Visible = true });
        Assert.NotNull((await AskAsync(bob, chat, "ann")).LastSeen);
    }

    [Fact]
    public async Task Too_much_is_refused_and_an_ended_watch_is_silent()
    {
        await using var node = await TestNode.StartAsync(_time);
        var (ann, bob, chat) = await PairAsync(node);
        var many = Enumerable.Range(0, 257).Select(i => $"u{i}").ToArray();
        var problem = await ann.ProblemAsync(new PresenceGet { Chat = chat, Users = many });
        Assert.Equal(ErrorCode.PayloadTooLarge, problem.Code);
        problem = await ann.ProblemAsync(new PresenceWatching { Chat = chat, Users = ["bad id"] });
        Assert.Equal(ErrorCode.ValidationFailed, problem.Code);
        problem = await ann.ProblemAsync(new PresenceGet { Chat = chat, Users = [] });
        Assert.Equal(ErrorCode.ValidationFailed, problem.Code);

        for (var i = 0; i < 16; i++)
        {
            var group = await ann.CreateAsync(null, "bob");
            Assert.IsType<PresenceList>(await ann.AskAsync(new PresenceWatching { Chat = group, Users = ["bob"] }));
        }

        problem = await ann.ProblemAsync(new PresenceWatching { Chat = chat, Users = ["bob"] });
        Assert.Equal(ErrorCode.PayloadTooLarge, problem.Code);

        var eve = await node.ConnectAsync("ann");
        await eve.AskAsync(new PresenceWatching { Chat = chat, Users = ["bob"] });
        await eve.AskAsync(new PresenceWatching { Chat = chat, Users = [] });
        await LeaveAsync(bob);
        await node.TurnAsync(3);
        await AskAsync(eve, chat);
        Assert.DoesNotContain(eve.Heard, frame => frame is PresenceChanged);
    }

    /// <summary>Two watch more users than a turn tells of, and do not read.</summary>
    [Fact]
    public async Task Whoever_does_not_read_what_changed_keeps_nobody_else_from_being_told()
    {
        var store = new InProcessPresenceStore(new TimingWheel(_time), _time);
        var options = new NodeOptions { Outbox = new OutboxOptions { BytesMax = 128 * 1024 } };
        await using var node = await TestNode.StartAsync(
            _time, options, change: ports => ports with { Presence = store });
        foreach (var name in (string[])["slow", "slower"])
        {
            var (_, _, watched) = await WatchGroupsAsync(node, name);
            await store.RefreshAsync(watched, default);
        }

        await node.TurnAsync(2);
        var (ann, chat, others) = await WatchGroupsAsync(node, "ann");
        await store.RefreshAsync(others, default);
        for (var turn = 0; turn < 24; turn++)
        {
            await node.TurnAsync(1);
            await AskAsync(ann, chat);
        }

        Assert.Equal(others.Count, ann.Heard.OfType<PresenceChanged>().Select(told => told.User).Distinct().Count());
    }

    /// <summary>Somebody who watches as much as one may: the signs of life of all who are watched.</summary>
    private static async Task<(TestDevice Watcher, string Chat, List<PresenceBeat> Watched)> WatchGroupsAsync(
        TestNode node, string name)
    {
        var watcher = await node.ConnectAsync(name);
        var (chat, watched) = ("", new List<PresenceBeat>());
        for (var i = 0; i < 16; i++)
        {
            string[] users = [.. Enumerable.Range(0, 255).Select(member => $"{name}-{i}-{member}")];
            chat = await watcher.CreateAsync(null, users);
            Assert.IsType<PresenceList>(
                await watcher.AskAsync(new PresenceWatching { Chat = chat, Users = users }));
            watched.AddRange(users.Select(user => new PresenceBeat(UserId.Parse(user), PresenceLimits.Lifetime)));
        }

        return (watcher, chat, watched);
    }

    private static async Task<(TestDevice Ann, TestDevice Bob, string Chat)> PairAsync(TestNode node)
    {
        var (ann, bob) = (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        return (ann, bob, await ann.CreateAsync("bob"));
    }

    private static async Task<PresenceItem> AskAsync(TestDevice asker, string chat, string user = "bob")
    {
        var list = await asker.AskAsync(new PresenceGet { Chat = chat, Users = [user] });
        return Assert.Single(Assert.IsType<PresenceList>(list).Items);
    }

    private static async Task LeaveAsync(TestDevice device)
    {
        device.Connection.Leave();
        await device.DisposeAsync();
    }
}
