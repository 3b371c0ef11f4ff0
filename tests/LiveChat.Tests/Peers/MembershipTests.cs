using LiveChat.Core.Links;
using LiveChat.Core.Peers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Peers;

/// <summary>Which rules number nodes of two builds use, and what becomes of one that does not know it.</summary>
public sealed class MembershipTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private readonly InMemoryNodeRegistry _registry;

    public MembershipTests() => _registry = new InMemoryNodeRegistry(_time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nodes_use_the_highest_number_that_all_know_and_the_next_once_the_last_is_upgraded()
    {
        var (old, next) = (Node("old", 3), Node("next", 4));
        await old.BeginAsync(Token);
        await next.BeginAsync(Token);
        Assert.Equal((3, 3), (old.Rules, next.Rules));
        await old.LeaveAsync(Token);
        await RunUntilAsync(next, () => next.Rules == 4);

        // Now nobody who does not know it may begin, and one who tried is not live.
        var refused = await Assert.ThrowsAsync<RulesUnknownException>(() => Node("old", 3).BeginAsync(Token));
        Assert.Contains("rules number 4, and this build knows 1 to 3", refused.Message, StringComparison.Ordinal);
        Assert.Equal("next", Assert.Single(await _registry.ReadAsync(Token)).Name);
    }

    [Fact]
    public async Task A_node_that_stood_still_while_the_number_rose_ends()
    {
        var (old, next) = (Node("old", 3), Node("next", 4));
        await old.BeginAsync(Token);
        _time.Advance(NodeEntry.LiveFor + TimeSpan.FromSeconds(1));
        await next.BeginAsync(Token);
        Assert.Equal(4, next.Rules);
        var running = old.RunAsync(Token);
        while (!running.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await Assert.ThrowsAsync<RulesUnknownException>(() => running);
        Assert.Equal(3, old.Rules); // What it writes until then all know.
    }

    /// <summary>Neither has seen the other when it reads who is live.</summary>
    [Fact]
    public async Task Of_two_that_raise_the_number_at_once_the_slower_one_uses_that_of_the_faster_one()
    {
        var next = new Membership(
            new OvertakenRegistry(_registry, 3), Entry("next", 4), _time, NullLogger<Membership>.Instance);
        await next.BeginAsync(Token);
        Assert.Equal(3, next.Rules);
    }

    private async Task RunUntilAsync(Membership node, Func<bool> isSo)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var running = node.RunAsync(stop.Token);
        for (var i = 0; i < 1_000 && !isSo(); i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.True(isSo());
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private Membership Node(string name, int highest) =>
        new(_registry, Entry(name, highest), _time, NullLogger<Membership>.Instance);

    private static NodeEntry Entry(string name, int highest) =>
        new(name, $"{name}:1", NodeRoles.All, 1, highest, "1.0", (ulong)highest);

    /// <summary>A registry in which another node raises the number first.</summary>
    private sealed class OvertakenRegistry(INodeRegistry registry, int first) : INodeRegistry
    {
        public ValueTask SignAsync(NodeEntry mine, CancellationToken cancellationToken) =>
            registry.SignAsync(mine, cancellationToken);

        public ValueTask<IReadOnlyList<NodeEntry>> ReadAsync(CancellationToken cancellationToken) =>
            registry.ReadAsync(cancellationToken);

        public ValueTask LeaveAsync(string name, ulong incarnation, CancellationToken cancellationToken) =>
            registry.LeaveAsync(name, incarnation, cancellationToken);

        public ValueTask<int> RulesInUseAsync(CancellationToken cancellationToken) =>
            registry.RulesInUseAsync(cancellationToken);

        public async ValueTask<bool> RaiseRulesAsync(int from, int to, CancellationToken cancellationToken)
        {
            await registry.RaiseRulesAsync(from, first, cancellationToken);
            return await registry.RaiseRulesAsync(from, to, cancellationToken);
        }
    }
}
