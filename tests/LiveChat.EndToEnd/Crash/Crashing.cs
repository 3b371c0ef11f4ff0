using System.Globalization;
using Xunit;

namespace LiveChat.EndToEnd.Crash;

/// <summary>What kills and power cuts have in common.</summary>
internal static class Crashing
{
    private const int LoadMsMin = 100;
    private const int LoadMsMax = 1_500;

    /// <summary>Crashes while the load sends; it stops once the server is there again, and every send has its answer.
    /// </summary>
    public static async Task UnderLoadAsync(Load load, Random random, Func<Task> crash)
    {
        using var stop = new CancellationTokenSource();
        var sending = load.SendUntilAsync(stop.Token);
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(LoadMsMin, LoadMsMax)), TimeProvider.System);
        await crash();
        stop.Cancel();
        await sending;
    }

    public static async Task SendForAsync(Load load, Random random)
    {
        using var stop = new CancellationTokenSource(
            TimeSpan.FromMilliseconds(random.Next(LoadMsMin, LoadMsMax)), TimeProvider.System);
        await load.SendUntilAsync(stop.Token);
    }

    public static void Holds(IReadOnlyList<string> violations, string when)
    {
        if (violations.Count > 0)
            Assert.Fail($"{when}:\n{string.Join("\n", violations)}");
    }

    public static Random Seeded()
    {
        var seed = Environment.ProcessId;
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"The moments are those of seed {seed}."));
        return new Random(seed);
    }
}
