using Xunit;

namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>
/// The first seeds in every run of the suite, a hundred in the continuous build. <c>LIVECHAT_SIM_CLUSTER_SEEDS</c> asks
/// for another number, <c>LIVECHAT_SIM_CLUSTER_SEED</c> for one seed alone.
/// </summary>
public sealed class ClusterSimulationTests
{
    private static readonly SeedRuns Runs =
        new("LIVECHAT_SIM_CLUSTER_SEED", "LIVECHAT_SIM_CLUSTER_SEEDS", Default: 5);

    [Fact]
    public void Whatever_happens_to_nodes_and_links_nothing_is_lost_and_everybody_sees_one_order() =>
        Runs.RunAll(static seed => ClusterSimulation.Run(seed));

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    public void A_seed_replays_the_same_run(int seed) =>
        Assert.Equal(ClusterSimulation.Trace(seed), ClusterSimulation.Trace(seed));
}
