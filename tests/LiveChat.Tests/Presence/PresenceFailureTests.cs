using LiveChat.Core.Identities;
using LiveChat.Core.Presence;
using LiveChat.Core.Timing;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Sessions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Presence;

/// <summary>Presence is lost first: whatever its stores do, the node, its connections and messages do not notice.
/// </summary>
public sealed class PresenceFailureTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private readonly BreakablePresence _stores;

    public PresenceFailureTests() => _stores = new BreakablePresence(
        new InProcessPresenceStore(new TimingWheel(_time), _time), new InMemoryLastSeenStore());

    [Theory]
    [InlineData(Health.Throws, Health.Well)]
    [InlineData(Health.Hangs, Health.Well)]
    [InlineData(Health.Well, Health.Throws)]
    [InlineData(Health.Well, Health.Hangs)]
    [InlineData(Health.Hangs, Health.Throws)]
    [InlineData(Health.Hangs, Health.Hangs)]
    public async Task A_store_that_fails_or_hangs_costs_presence_alone_and_all_of_it_comes_back(
        Health online, Health seen)
    {
        await using var node = await StartAsync();
        (_stores.Online, _stores.Seen) = (online, seen);
        var (ann, bob) = (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        var chat = await ann.CreateAsync("bob");
        for (var number = 1_000u; number < 1_012; number += 2)
        {
            // The time stands still: neither the answers of presence nor what comes behind them waits for anything.
            await ann.SendAsync(new PresenceWatching { Id = number, Chat = chat, Users = ["bob"] });
            await ann.SendAsync(new PresenceGet { Id = number + 1, Chat = chat, Users = ["bob"] });
            await ann.AckAsync(ann.Message(chat, "now"));
            Assert.Equal("now", (await bob.NextAsync<MessageCreated>()).Body?.Text);
            await node.TurnAsync(20);
            await bob.SendAsync(new Pong());
            foreach (var problem in (Problem[])[await RefusalAsync(ann, number), await RefusalAsync(ann, number + 1)])
                Assert.Equal((ErrorCode.Unavailable, true), (problem.Code, problem.Retryable));
        }

        (_stores.Online, _stores.Seen) = (Health.Well, Health.Well);
        await node.TurnAsync(12);
        var list = await ann.AskAsync(new PresenceWatching { Chat = chat, Users = ["bob"] });
        Assert.Equal(new PresenceItem("bob", true), Assert.Single(Assert.IsType<PresenceList>(list).Items));
        bob.Connection.Leave();
        await bob.DisposeAsync();
        await node.TurnAsync(3);
        Assert.NotNull((await ann.NextAsync<PresenceChanged>()).LastSeen);
    }

    [Theory]
    [InlineData(Health.Throws)]
    [InlineData(Health.Hangs)]
    public async Task Whoever_leaves_meanwhile_is_offline_and_last_seen_once_the_stores_are_back(Health health)
    {
        await using var node = await StartAsync();
        var (ann, bob) = (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        var chat = await ann.CreateAsync("bob");
        await node.TurnAsync(2);
        await ann.AskAsync(new PresenceWatching { Chat = chat, Users = ["bob"] });

        (_stores.Online, _stores.Seen) = (health, health);
        await node.TurnAsync(5);
        await bob.SendAsync(new Pong());
        var seen = _time.GetUtcNow();
        bob.Connection.Leave();
        await bob.DisposeAsync();
        await node.TurnAsync(10);
        (_stores.Online, _stores.Seen) = (Health.Well, Health.Well);
        await node.TurnAsync(12);
        var went = await ann.NextAsync<PresenceChanged>();
        Assert.Equal((false, seen), (went.Online, went.LastSeen));
    }

    [Theory]
    [InlineData(Health.Throws)]
    [InlineData(Health.Hangs)]
    public async Task A_node_stops_although_its_presence_does_not_answer(Health health)
    {
        await using var node = await StartAsync();
        await node.ConnectAsync("ann");
        await node.TurnAsync(2);
        (_stores.Online, _stores.Seen) = (health, health);
        await node.StopAsync();
        (_stores.Online, _stores.Seen) = (Health.Well, Health.Well);
    }

    private static async Task<Problem> RefusalAsync(TestDevice device, uint number) =>
        (device.Heard.OfType<ErrorFrame>().FirstOrDefault(frame => frame.Re == number)
            ?? await device.NextAsync<ErrorFrame>(frame => frame.Re == number)).Problem;

    private Task<TestNode> StartAsync() => TestNode.StartAsync(_time, change: ports => ports with
    {
        Presence = _stores,
        Identities = ports.Identities with { LastSeen = _stores },
    });
}
