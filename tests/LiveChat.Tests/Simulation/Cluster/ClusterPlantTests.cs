using Xunit;

namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>
/// Every fault that was planted between nodes is found within a number of seeds. <c>LIVECHAT_SIM_CLUSTER_PLANT</c> asks
/// for one alone. It takes minutes, so the runner wants <c>-explicit on</c>.
/// </summary>
public sealed class ClusterPlantTests
{
    private const int SeedsMax = 1000;

    public static TheoryData<ClusterPlant> Plants =>
        Environment.GetEnvironmentVariable("LIVECHAT_SIM_CLUSTER_PLANT") is { Length: > 0 } one
            ? [Enum.Parse<ClusterPlant>(one)]
            : [.. Enum.GetValues<ClusterPlant>().Where(static plant => plant != ClusterPlant.None)];

    [Theory(Explicit = true)]
    [MemberData(nameof(Plants))]
    public void A_planted_fault_is_found(ClusterPlant plant)
    {
        foreach (var seed in FoundSeeds.First(plant, SeedsMax))
            if (ClusterSimulation.Run(seed, plant) is [var violation, ..])
            {
                // A fault of the simulator's own finds nothing.
                Assert.DoesNotContain("left the scheduler", violation, StringComparison.Ordinal);
                FoundSeeds.Note(plant, seed);
                TestContext.Current.TestOutputHelper?.WriteLine($"{plant}: seed {seed}: {violation}");
                return;
            }

        Assert.Fail($"{plant} was not found in {SeedsMax} seeds.");
    }
}
