using Xunit;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// Every planted fault is found within the seeds that the continuous build runs. <c>LIVECHAT_SIM_PLANT</c> asks for one
/// alone. It takes minutes, so the runner wants <c>-explicit on</c>.
/// </summary>
public sealed class PlantedFaultTests
{
    private const int SeedsMax = 1000;

    public static TheoryData<Plant> Plants =>
        Environment.GetEnvironmentVariable("LIVECHAT_SIM_PLANT") is { Length: > 0 } one
            ? [Enum.Parse<Plant>(one)]
            : [.. Enum.GetValues<Plant>().Where(plant => plant != Plant.None)];

    [Theory(Explicit = true)]
    [MemberData(nameof(Plants))]
    public void A_planted_fault_is_found(Plant plant)
    {
        foreach (var seed in FoundSeeds.First(plant, SeedsMax))
            if (Simulation.Run(seed, plant) is [var violation, ..])
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
