using System.Globalization;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Faults;

/// <summary>
/// The fault matrix: each scenario is done to the whole system while four users send through NGINX and listen, and
/// afterwards everything that was acknowledged is there, in one order, each once, and everybody was told of it. One of
/// each kind in the continuous build, all with <c>LIVECHAT_LONG=1</c>. <c>LIVECHAT_SEED</c> gives the moments, and
/// <c>LIVECHAT_FAULTS</c> has only scenarios run whose names contain it, or one of several with <c>|</c> between them.
/// </summary>
[Collection(nameof(ScriptedCluster))]
public sealed class FaultMatrixTests(ScriptedCluster cluster)
{
    private const int UsualSeed = 16;

    public static TheoryData<string> Names =>
    [
        .. FaultScenarios.All.Select(static one => one.Name)
            .Where(static name => Asked.Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase))),
    ];

    private static string[] Asked => (Environment.GetEnvironmentVariable("LIVECHAT_FAULTS") ?? "").Split('|');

    internal static int Seed =>
        int.TryParse(Environment.GetEnvironmentVariable("LIVECHAT_SEED"), CultureInfo.InvariantCulture, out var seed)
            ? seed
            : UsualSeed;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Nothing_that_was_acknowledged_is_lost_and_all_is_well_again(string fault)
    {
        var at = FaultScenarios.All.Index().Single(one => one.Item.Name == fault);
        if (!at.Item.IsShort) Requirement.Long();
        await cluster.RequireAsync();
        await cluster.GoOnAsync();
        await cluster.IsWellAsync();
        await using var load = await cluster.LoadAsync($"{at.Index}-{TimeProvider.System.GetTimestamp():x}-");
        var stage = new FaultStage(cluster, load, new Random(Seed + at.Index));
        var untilWell = TimeSpan.Zero;
        var violations = await load.DuringAsync(async () =>
        {
            await stage.MeanwhileAsync();
            await at.Item.Act(stage);
            var ended = TimeProvider.System.GetTimestamp();
            await cluster.IsWellAsync();
            untilWell = TimeProvider.System.GetElapsedTime(ended);
            await stage.MeanwhileAsync();
        });
        var result = new FaultResult(
            load.Acknowledged, violations, load.LongestPause, untilWell, await LoadAverageAsync());
        cluster.Results[fault] = result;
        FaultTable.Write(cluster.Results);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}: {FaultTable.RowOf(fault, result)}");
        Crashing.Holds(violations, $"after: {fault} (LIVECHAT_SEED={Seed})");
        Assert.Equal(0, await cluster.RepairedHeadsAsync());
        if (at.Item.IsLast) await cluster.CellsAreThoseOfTheLogAsync();
    }

    private static async Task<double> LoadAverageAsync() => double.Parse(
        (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0], CultureInfo.InvariantCulture);
}
