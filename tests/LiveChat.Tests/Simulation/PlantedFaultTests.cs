using Xunit;

namespace LiveChat.Tests.Simulation;

/// <summary>Every planted fault is found within the seeds that the suite runs.</summary>
public sealed class PlantedFaultTests
{
    private const int SeedsMax = 1000;

    public static TheoryData<Plant> Plants => [.. Enum.GetValues<Plant>().Where(plant => plant != Plant.None)];

    [Theory]
    [MemberData(nameof(Plants))]
    public void A_planted_fault_is_found(Plant plant)
    {
        for (var seed = 1; seed <= SeedsMax; seed++)
            if (Simulation.Run(seed, plant) is [var violation, ..])
            {
                // A fault of the simulator's own finds nothing.
                Assert.DoesNotContain("left the scheduler", violation, StringComparison.Ordinal);
                TestContext.Current.TestOutputHelper?.WriteLine($"{plant}: seed {seed}: {violation}");
                return;
            }

        Assert.Fail($"{plant} was not found in {SeedsMax} seeds.");
    }
}
