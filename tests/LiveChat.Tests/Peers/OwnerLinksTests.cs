using System.Diagnostics;
using LiveChat.Core.Links;
using LiveChat.Core.Peers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Peers;

/// <summary>A gateway says which live nodes it has no link to, and why, until it has one or they are gone.</summary>
public sealed class OwnerLinksTests
{
    private static readonly NodeEntry Self = new("gateway", "a", NodeRoles.Gateway, 1, 3, "1.0", 1);

    /// <summary>A gateway calls every other node, whatever that one does.</summary>
    [Theory]
    [InlineData(nameof(NodeRoles.Gateway))]
    [InlineData(nameof(NodeRoles.Delivery))]
    [InlineData(nameof(NodeRoles.History))]
    public async Task A_link_that_is_missing_is_said_after_ten_seconds_with_its_reason_until_the_node_is_gone(
        string role)
    {
        var other = new NodeEntry("other", "b", Enum.Parse<NodeRoles>(role), 1, 3, "1.0", 2);
        var token = TestContext.Current.CancellationToken;
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        var (registry, network) = (new InMemoryNodeRegistry(time), new InMemoryLinks());
        await registry.SignAsync(other, token);
        var membership = new Membership(registry, Self, time, NullLogger<Membership>.Instance);
        await membership.BeginAsync(token);
        var links = new OwnerLinks(
            network.At(Self.Address),
            membership,
            new LinkHello { Node = Self.Name, Cluster = "c", RulesLowest = 1, RulesHighest = 3 },
            static _ => throw new UnreachableException("There is no call."),
            time,
            new Random(1),
            NullLogger<OwnerLinks>.Instance);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        var running = Task.WhenAll(links.RunAsync(stop.Token), membership.RunAsync(stop.Token));
        for (var second = 0; second < 9; second++) await SecondAsync();
        Assert.Null(links.Missing);

        await UntilAsync(() => links.Missing == "No link to other: Nothing listens at b.");
        network.At(other.Address).Listen(
            new LinkHello { Node = other.Name, Cluster = "d" }, static (_, _) => Task.CompletedTask);
        await UntilAsync(() => links.Missing?.Contains("another cluster", StringComparison.Ordinal) == true);

        // Nobody signs for it: after a minute it is not live.
        await UntilAsync(() => links.Missing is null);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        async Task UntilAsync(Func<bool> isSo)
        {
            for (var second = 0; second < 200 && !isSo(); second++) await SecondAsync();
            Assert.True(isSo(), links.Missing);
        }

        async Task SecondAsync()
        {
            for (var step = 0; step < 10; step++)
            {
                time.Advance(TimeSpan.FromMilliseconds(100));
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
            }
        }
    }
}
