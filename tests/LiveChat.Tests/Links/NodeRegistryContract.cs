using LiveChat.Core.Links;
using Xunit;

namespace LiveChat.Tests.Links;

/// <summary>What every registry of nodes does.</summary>
public abstract class NodeRegistryContract
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sign_is_read_by_every_node_as_it_was_written()
    {
        var registry = NewRegistry();
        var mine = EntryOf("one", 1);
        await registry.SignAsync(mine, Token);
        await registry.SignAsync(EntryOf("two", 2) with { Roles = NodeRoles.History }, Token);
        await registry.SignAsync(mine with { Build = "later" }, Token);

        var entries = (await registry.ReadAsync(Token)).OrderBy(static entry => entry.Name).ToArray();
        Assert.Equal(["one", "two"], entries.Select(static entry => entry.Name));
        Assert.Equal(
            mine with { Build = "later" }, entries[0] with { Age = TimeSpan.Zero, ClockOffMs = 0 });
        Assert.All(entries, static entry => Assert.True(entry.IsLive));
    }

    [Fact]
    public async Task A_name_belongs_to_one_incarnation_while_that_is_live()
    {
        var registry = NewRegistry();
        await registry.SignAsync(EntryOf("one", 1), Token);
        var refused = await Assert.ThrowsAsync<NodeNameInUseException>(
            async () => await registry.SignAsync(EntryOf("one", 2), Token));
        Assert.Contains("one", refused.Message, StringComparison.Ordinal);

        await registry.LeaveAsync("one", 2, Token); // Of another incarnation: no effect.
        Assert.Single(await registry.ReadAsync(Token));
        await registry.LeaveAsync("one", 1, Token);
        Assert.Empty(await registry.ReadAsync(Token));
        await registry.SignAsync(EntryOf("one", 2), Token);
        Assert.Equal(2ul, Assert.Single(await registry.ReadAsync(Token)).Incarnation);
    }

    [Fact]
    public async Task The_rules_number_only_rises_and_of_two_raises_one_wins()
    {
        var registry = NewRegistry();
        Assert.Equal(0, await registry.RulesInUseAsync(Token));
        Assert.True(await registry.RaiseRulesAsync(0, 3, Token));
        Assert.False(await registry.RaiseRulesAsync(0, 4, Token));
        Assert.Equal(3, await registry.RulesInUseAsync(Token));
        var raised = await Task.WhenAll(
            registry.RaiseRulesAsync(3, 4, Token).AsTask(), registry.RaiseRulesAsync(3, 4, Token).AsTask());
        Assert.Single(raised, static won => won);
        Assert.Equal(4, await registry.RulesInUseAsync(Token));
    }

    /// <summary>An empty registry.</summary>
    private protected abstract INodeRegistry NewRegistry();

    private protected static NodeEntry EntryOf(string name, ulong incarnation) =>
        new(name, $"http://{name}:7400", NodeRoles.All, 1, 3, "1.0", incarnation);
}
