using LiveChat.Core.Links;
using Xunit;

namespace LiveChat.Tests.Links;

/// <summary>What <see cref="INodeRegistry"/> promises, checked of every implementation.</summary>
public abstract class NodeRegistryContract
{
    private static int _names;

    /// <summary>A name of this test alone: implementations may keep what other tests wrote.</summary>
    private readonly string _name = $"node-{Interlocked.Increment(ref _names)}";

    private protected abstract ValueTask<INodeRegistry> OpenAsync();

    /// <summary>Makes a node's last sign older by so much, by the registry's clock.</summary>
    private protected abstract ValueTask AgeAsync(string name, TimeSpan by);

    [Fact]
    public async Task Every_node_reads_what_a_node_announced_last()
    {
        var registry = await OpenAsync();
        var mine = Entry(1);
        await registry.SignAsync(mine, default);
        Assert.Equal(mine, await FindAsync(registry));

        var next = mine with { Address = "10.0.0.2:7000", Roles = NodeRoles.History, RulesHighest = 9, Build = "2.0" };
        await registry.SignAsync(next, default);
        Assert.Equal(next, await FindAsync(registry));
    }

    [Fact]
    public async Task A_name_belongs_to_one_live_run()
    {
        var registry = await OpenAsync();
        await registry.SignAsync(Entry(1), default);
        var refused = await Assert.ThrowsAsync<NodeNameInUseException>(
            async () => await registry.SignAsync(Entry(2), default));
        Assert.Contains(_name, refused.Message, StringComparison.Ordinal);
        Assert.Equal(1UL, (await FindAsync(registry))!.Incarnation);

        await AgeAsync(_name, NodeEntry.LiveFor + TimeSpan.FromSeconds(2));
        await registry.SignAsync(Entry(2), default);
        Assert.Equal(2UL, (await FindAsync(registry))!.Incarnation);

        // The first one was only slow: it hears that another one is there now.
        await Assert.ThrowsAsync<NodeNameInUseException>(async () => await registry.SignAsync(Entry(1), default));
    }

    [Fact]
    public async Task Of_runs_that_take_a_name_at_once_one_gets_it()
    {
        var registry = await OpenAsync();
        var told = await Task.WhenAll(Enumerable.Range(1, 6).Select(run => Task.Run(async () =>
        {
            try
            {
                await registry.SignAsync(Entry((ulong)run), default);
                return (ulong)run;
            }
            catch (NodeNameInUseException)
            {
                return 0UL;
            }
        })));
        Assert.Equal(Assert.Single(told, static run => run != 0), (await FindAsync(registry))!.Incarnation);
    }

    [Fact]
    public async Task Who_leaves_gives_back_its_own_name_only()
    {
        var registry = await OpenAsync();
        await registry.SignAsync(Entry(1), default);
        await registry.LeaveAsync(_name, 2, default);
        Assert.NotNull(await FindAsync(registry));
        await registry.LeaveAsync(_name, 1, default);
        Assert.Null(await FindAsync(registry));
        await registry.SignAsync(Entry(2), default);
        Assert.Equal(2UL, (await FindAsync(registry))!.Incarnation);
    }

    [Fact]
    public async Task The_rules_number_only_rises_and_of_raises_from_one_number_one_wins()
    {
        var registry = await OpenAsync();
        var from = await registry.RulesInUseAsync(default);
        var told = await Task.WhenAll(
            Enumerable.Range(1, 6).Select(by => Task.Run(() => RaiseAsync(registry, from, from + by))));
        var winner = Assert.Single(told, static number => number != 0);
        Assert.Equal(winner, await registry.RulesInUseAsync(default));
        Assert.Equal(0, await RaiseAsync(registry, from, from + 100));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await registry.RaiseRulesAsync(winner, winner, default));
        Assert.Equal(winner + 1, await RaiseAsync(registry, winner, winner + 1));
        Assert.Equal(winner + 1, await registry.RulesInUseAsync(default));
    }

    private NodeEntry Entry(ulong run) => new(_name, "10.0.0.1:7000", NodeRoles.All, 1, 3, "1.0.0", run);

    /// <summary>The entry without its times, which are only checked to be possible.</summary>
    private async ValueTask<NodeEntry?> FindAsync(INodeRegistry registry)
    {
        var found = (await registry.ReadAsync(default)).SingleOrDefault(entry => entry.Name == _name);
        if (found is null) return null;
        Assert.True(found.IsLive);
        Assert.InRange(found.ClockOffMs, -600_000, 600_000);
        return found with { Age = TimeSpan.Zero, ClockOffMs = 0 };
    }

    /// <summary>The number that this raise set; 0 when another one was faster. An unknown outcome is read.</summary>
    private static async Task<int> RaiseAsync(INodeRegistry registry, int from, int to)
    {
        try
        {
            return await registry.RaiseRulesAsync(from, to, default) ? to : 0;
        }
        catch (NodeRegistryException)
        {
            return await registry.RulesInUseAsync(default) == to ? to : 0;
        }
    }
}
