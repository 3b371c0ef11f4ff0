using System.Collections.Concurrent;
using System.Globalization;
using Xunit;

namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>
/// The first seeds in every run of the suite, a hundred in the continuous build. <c>LIVECHAT_SIM_CLUSTER_SEEDS</c> asks
/// for another number, <c>LIVECHAT_SIM_CLUSTER_SEED</c> for one seed alone.
/// </summary>
public sealed class ClusterSimulationTests
{
    private const int SeedsDefault = 5;

    [Fact]
    public void Whatever_happens_to_nodes_and_links_nothing_is_lost_and_everybody_sees_one_order()
    {
        var failures = new ConcurrentBag<(int Seed, IReadOnlyList<string> Violations)>();
        Parallel.ForEach(Seeds(), new ParallelOptions { MaxDegreeOfParallelism = 2 }, (seed, loop) =>
        {
            var violations = ClusterSimulation.Run(seed);
            if (violations.Count == 0) return;
            failures.Add((seed, violations));
            loop.Stop();
        });
        if (failures.OrderBy(static one => one.Seed).FirstOrDefault() is { Violations: { } broken, Seed: var seed })
            Assert.Fail($"{string.Join("\n", broken)}\n\nTo replay: LIVECHAT_SIM_CLUSTER_SEED={seed}");
    }

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    public void A_seed_replays_the_same_run(int seed) =>
        Assert.Equal(ClusterSimulation.Trace(seed), ClusterSimulation.Trace(seed));

    private static IEnumerable<int> Seeds()
    {
        if (Environment.GetEnvironmentVariable("LIVECHAT_SIM_CLUSTER_SEED") is { Length: > 0 } seed)
            return [int.Parse(seed, CultureInfo.InvariantCulture)];
        var seeds = Environment.GetEnvironmentVariable("LIVECHAT_SIM_CLUSTER_SEEDS") is { Length: > 0 } count
            ? int.Parse(count, CultureInfo.InvariantCulture)
            : SeedsDefault;
        return Enumerable.Range(1, seeds);
    }
}
