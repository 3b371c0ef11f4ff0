using System.Collections.Concurrent;
using System.Globalization;
using Xunit;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// The first seeds in every run of the suite, six hundred in the continuous build. <c>LIVECHAT_SIM_SEEDS</c>
/// asks for another number, <c>LIVECHAT_SIM_SEED</c> for one seed alone.
/// </summary>
public sealed class SimulationTests
{
    private const int SeedsDefault = 30;

    [Fact]
    public void Whatever_crashes_nothing_acknowledged_is_lost_and_everybody_sees_one_order()
    {
        var failures = new ConcurrentBag<(int Seed, IReadOnlyList<string> Violations)>();
        Parallel.ForEach(Seeds(), new ParallelOptions { MaxDegreeOfParallelism = 2 }, (seed, loop) =>
        {
            var violations = Simulation.Run(seed);
            if (violations.Count == 0)
                return;
            failures.Add((seed, violations));
            loop.Stop();
        });
        if (failures.OrderBy(failure => failure.Seed).FirstOrDefault() is { Violations: { } broken, Seed: var seed })
            Assert.Fail($"{string.Join("\n", broken)}\n\nTo replay: {Command(seed)}");
    }

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public void A_seed_replays_the_same_run(int seed) =>
        Assert.Equal(Simulation.Trace(seed), Simulation.Trace(seed));

    private static IEnumerable<int> Seeds()
    {
        if (Environment.GetEnvironmentVariable("LIVECHAT_SIM_SEED") is { Length: > 0 } seed)
            return [int.Parse(seed, CultureInfo.InvariantCulture)];
        var seeds = Environment.GetEnvironmentVariable("LIVECHAT_SIM_SEEDS") is { Length: > 0 } count
            ? int.Parse(count, CultureInfo.InvariantCulture)
            : SeedsDefault;
        return Enumerable.Range(1, seeds);
    }

    private static string Command(int seed) =>
        $"LIVECHAT_SIM_SEED={seed} dotnet run --project tests/LiveChat.Tests -- -class \"*.SimulationTests\"";
}
