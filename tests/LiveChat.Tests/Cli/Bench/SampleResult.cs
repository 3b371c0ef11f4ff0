using LiveChat.Loads.Chats;
using LiveChat.Loads.Measuring;
using LiveChat.Loads.Scenarios;

namespace LiveChat.Tests.Cli.Bench;

/// <summary>Results to report about.</summary>
internal static class SampleResult
{
    private static readonly LatencyFigures Latency = new(6_000, 2.5, 2, 4, 8, 16, 32);

    /// <summary>Two seconds of warm-up, three that were measured, nothing wrong.</summary>
    public static BenchResult Good { get; } = new()
    {
        Scenario = "pairs",
        Load = "100 pairs, 1 in flight",
        Server = new Uri("https://chat.example:8443/ignored"),
        Run = "bench-0123abcd",
        BeganAt = DateTimeOffset.UnixEpoch,
        Plan = new BenchPlan(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3), PerSecond: 2_000),
        Measured = TimeSpan.FromSeconds(3),
        LatencyIs = "from when a message was due to its delivery at each other member",
        Count = 6_000,
        Latency = Latency,
        Distribution = [(0, 0.1), (50, 2), (90, 4), (99, 8), (99.9, 16), (100, 32)],
        Seconds =
        [
            .. Enumerable.Range(1, 5).Select(static at => new BenchSecond(
                at, at > 2 ? "measuring" : "warm-up", at > 2, 2_000, Latency, 7, 0)),
        ],
        Faults = new LoadFaults(),
    };

    /// <summary>The same with something wrong.</summary>
    public static BenchResult With(Action<LoadFaults> fault)
    {
        var faults = new LoadFaults();
        fault(faults);
        return Good with { Faults = faults };
    }
}
