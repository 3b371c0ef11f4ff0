using Xunit;

namespace LiveChat.Tests.Ids.Leases;

/// <summary>Runs of <see cref="LeaseSimulation"/>; <c>LIVECHAT_SIM_SEED</c> asks for one seed alone.</summary>
public sealed class LeaseSimulationTests
{
    private const int Seeds = 12;
    private const int SeedsOfPlants = 40;

    [Fact]
    public void Whatever_crashes_and_whatever_the_clocks_say_no_id_is_issued_twice()
    {
        var seeds = int.TryParse(Environment.GetEnvironmentVariable("LIVECHAT_SIM_SEED"), out var one)
            ? [one]
            : Enumerable.Range(1, Seeds);
        foreach (var seed in seeds)
        {
            var (violations, issued) = LeaseSimulation.Run(seed);
            Assert.True(violations.Count == 0, $"Seed {seed}: {string.Join("\n", violations.Take(3))}");
            Assert.InRange(issued, 1_000, int.MaxValue);
        }
    }

    [Theory]
    [InlineData(LeasePlant.NoCondition, 34)]
    [InlineData(LeasePlant.UntilForgotten, 1)]
    [InlineData(LeasePlant.FolderWithoutLock, 3)]
    [InlineData(LeasePlant.MarkNotDurable, 1)]
    public void A_planted_fault_is_found(LeasePlant plant, int seedThatFoundIt)
    {
        foreach (var seed in Enumerable.Range(1, SeedsOfPlants).OrderByDescending(seed => seed == seedThatFoundIt))
        {
            if (LeaseSimulation.Run(seed, plant).Violations is not [var violation, ..]) continue;
            TestContext.Current.TestOutputHelper?.WriteLine($"{plant}: seed {seed}: {violation}");
            return;
        }

        Assert.Fail($"{plant} was not found in {SeedsOfPlants} seeds.");
    }
}
