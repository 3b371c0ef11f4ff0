using LiveChat.Core.Links;
using LiveChat.Core.Peers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Peers;

/// <summary>Which nodes are refused for their names, and who counts as live while the registry is away.</summary>
public sealed class NodeNameTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly BreakableRegistry _registry;

    public NodeNameTests() => _registry = new BreakableRegistry(new InMemoryNodeRegistry(_time));

    [Fact]
    public async Task A_name_that_a_live_node_has_is_refused_and_that_node_keeps_it()
    {
        await Of("a", incarnation: 1).BeginAsync(default);
        await Assert.ThrowsAsync<NodeNameInUseException>(() => Of("a", incarnation: 2).BeginAsync(default));
        Assert.Equal(1ul, Assert.Single(await _registry.ReadAsync(default)).Incarnation);

        _time.Advance(NodeEntry.LiveFor + TimeSpan.FromSeconds(1));
        await Of("a", incarnation: 2).BeginAsync(default);
        Assert.Equal(2ul, Assert.Single(await _registry.ReadAsync(default)).Incarnation);
    }

    [Fact]
    public async Task A_name_that_was_given_back_is_free_at_once()
    {
        var former = Of("a", incarnation: 1);
        await former.BeginAsync(default);
        await former.LeaveAsync(default);
        await Of("a", incarnation: 2).BeginAsync(default);
    }

    [Fact]
    public async Task No_node_begins_while_the_registry_is_away()
    {
        _registry.IsAway = true;
        await Assert.ThrowsAsync<NodeRegistryException>(() => Of("a").BeginAsync(default));
    }

    [Fact]
    public async Task While_the_registry_is_away_the_nodes_that_were_known_last_count()
    {
        await Of("b").BeginAsync(default);
        var node = Of("a");
        await node.BeginAsync(default);
        using var stop = new CancellationTokenSource();
        var running = node.RunAsync(stop.Token);
        _registry.IsAway = true;
        await PassAsync(TimeSpan.FromSeconds(120));
        Assert.Equal(["b"], node.Live.Select(static one => one.Name));

        _registry.IsAway = false;
        await PassAsync(TimeSpan.FromSeconds(10));
        Assert.Empty(node.Live); // It has given no sign for two minutes.
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private Membership Of(string name, ulong incarnation = 1) => new(
        _registry,
        new NodeEntry(name, name, NodeRoles.All, 1, 3, "", incarnation),
        _time,
        NullLogger<Membership>.Instance);

    private async Task PassAsync(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(1))
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            for (var i = 0; i < 10; i++) await Task.Yield();
        }
    }
}
