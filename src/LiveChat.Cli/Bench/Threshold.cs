using LiveChat.Loads.Scenarios;

namespace LiveChat.Cli.Bench;

/// <summary>What a measurement must reach, or must not exceed.</summary>
/// <param name="Option">The option that sets it.</param>
/// <param name="Says">What is measured, with its unit.</param>
/// <param name="IsMaximum">Whether the value must not be above the limit; else not below it.</param>
/// <param name="ValueOf">The measured value.</param>
internal sealed record Threshold(string Option, string Says, bool IsMaximum, Func<BenchResult, double> ValueOf)
{
    /// <summary>Every threshold that a command line can set.</summary>
    public static readonly IReadOnlyList<Threshold> All =
    [
        new("--max-p50", "p50 ms", true, static result => result.Latency.P50),
        new("--max-p90", "p90 ms", true, static result => result.Latency.P90),
        new("--max-p99", "p99 ms", true, static result => result.Latency.P99),
        new("--max-p999", "p99.9 ms", true, static result => result.Latency.P999),
        new("--max-latency", "highest latency ms", true, static result => result.Latency.Max),
        new("--min-rate", "a second", false, static result => result.PerSecond),
    ];

    /// <summary>
    /// Whether a result keeps to the limit. A latency of nothing keeps to none, and no latency does when messages were
    /// given up: theirs would have been the highest.
    /// </summary>
    public bool IsMet(double limit, BenchResult result) => IsMaximum
        ? result.Latency.Count > 0 && result.IsRateHeld && ValueOf(result) <= limit
        : ValueOf(result) >= limit;
}
