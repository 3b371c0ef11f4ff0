using LiveChat.Core.Links;
using LiveChat.Core.Nodes;
using LiveChat.Tests.Sessions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Peers;

/// <summary>A node without links on a keyspace that others may come to: it says that it is there, as one of several.
/// </summary>
public sealed class LoneNodeTests
{
    private static readonly NodeEntry Self = new("alone", "", NodeRoles.All, 1, 3, "1.0", 1);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private readonly InMemoryNodeRegistry _registry;

    public LoneNodeTests() => _registry = new InMemoryNodeRegistry(_time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_live_until_it_ends_and_its_name_is_free_then()
    {
        await using var node = await StartAsync();
        for (var seconds = 0; seconds < 3 * NodeEntry.LiveFor.TotalSeconds; seconds += 10)
        {
            await node.TurnAsync(10);
            Assert.True(Assert.Single(await _registry.ReadAsync(Token)).IsLive);
        }

        Assert.Equal(3, await _registry.RulesInUseAsync(Token));
        await node.StopAsync();
        Assert.Empty(await _registry.ReadAsync(Token));
    }

    [Fact]
    public async Task It_does_not_begin_under_the_name_of_a_live_one()
    {
        await _registry.SignAsync(Self with { Incarnation = 2 }, Token);
        await Assert.ThrowsAsync<NodeNameInUseException>(StartAsync);
    }

    /// <summary>It stood still meanwhile, and another one has begun.</summary>
    [Fact]
    public async Task It_ends_when_the_log_is_written_for_rules_that_it_does_not_know()
    {
        await using var node = await StartAsync();
        Assert.True(await _registry.RaiseRulesAsync(3, 4, Token));
        for (var second = 0; second < 10; second++) await node.SecondAsync();
        await Assert.ThrowsAsync<RulesUnknownException>(() => node.Node.Completion);
    }

    private Task<TestNode> StartAsync() =>
        TestNode.StartAsync(_time, change: ports => ports with { Alone = new NodeSign(_registry, Self) });
}
