using Xunit;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// The first seeds in every run of the suite, 1,000 in the continuous build. <c>LIVECHAT_SIM_SEEDS</c>
/// asks for another number, <c>LIVECHAT_SIM_SEED</c> for one seed alone.
/// </summary>
public sealed class SimulationTests
{
    private static readonly SeedRuns Runs = new("LIVECHAT_SIM_SEED", "LIVECHAT_SIM_SEEDS", Default: 30);

    [Fact]
    public void Whatever_crashes_nothing_acknowledged_is_lost_and_everybody_sees_one_order() =>
        Runs.RunAll(static seed => Simulation.Run(seed));

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public void A_seed_replays_the_same_run(int seed) =>
        Assert.Equal(Simulation.Trace(seed), Simulation.Trace(seed));
}
