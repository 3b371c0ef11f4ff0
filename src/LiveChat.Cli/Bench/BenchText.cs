using System.Globalization;
using LiveChat.Loads.Chats;
using LiveChat.Loads.Scenarios;

namespace LiveChat.Cli.Bench;

/// <summary>A load and its result as people read them.</summary>
internal static class BenchText
{
    /// <summary>One second, for the line that shows how it goes.</summary>
    public static string Of(BenchSecond second, string unit) => string.Create(
        CultureInfo.InvariantCulture,
        $"{second.Phase} {second.At:0} s: {second.PerSecond:N0} {unit}/s, "
        + $"p50 {second.Latency.P50:0.0} ms, p99 {second.Latency.P99:0.0} ms, {second.InFlight:N0} in flight"
        + $"{(second.Waiting > 0 ? string.Create(CultureInfo.InvariantCulture, $", {second.Waiting:N0} late") : "")}");

    /// <summary>The table of a result.</summary>
    public static IEnumerable<string> Lines(BenchResult result, IReadOnlyList<Verdict> verdicts)
    {
        yield return $"{result.Load}; {PaceOf(result)}; {Seconds(result.Measured)} after "
            + $"{Seconds(result.Plan.WarmUp)} of warm-up; {result.Server.GetLeftPart(UriPartial.Authority)}";
        yield return "";
        yield return Row(
            $"{result.Unit}/s",
            string.Create(CultureInfo.InvariantCulture, $"{result.PerSecond:N1} ({result.Count:N0} in all)"));
        var latency = result.Latency;
        foreach (var (name, value) in new[]
        {
            ("mean ms", latency.Mean), ("p50 ms", latency.P50), ("p90 ms", latency.P90), ("p99 ms", latency.P99),
            ("p99.9 ms", latency.P999), ("max ms", latency.Max),
        })
            yield return Row(name, Milliseconds(value));
        yield return Row("latency", result.LatencyIs);
        yield return Row("faults", result.Faults.ToString());
        foreach (var verdict in verdicts) yield return Row("threshold", Of(verdict));
        if (!result.IsRateHeld) yield return Row("rate", NotHeld(result));
    }

    /// <summary>A threshold and what became of it.</summary>
    public static string Of(Verdict verdict) => string.Create(
        CultureInfo.InvariantCulture,
        $"{verdict.Threshold.Says} {verdict.Value:0.###}, {(verdict.Threshold.IsMaximum ? "at most" : "at least")} "
        + $"{verdict.Limit:0.###}: {(verdict.IsMet ? "met" : "not met")}");

    /// <summary>Who set the pace.</summary>
    public static string PaceOf(BenchResult result) => result.Plan.PerSecond is { } rate
        ? string.Create(CultureInfo.InvariantCulture, $"open loop, {rate:0.###} {result.Unit}/s")
        : "closed loop";

    /// <summary>That messages were not sent which were due.</summary>
    public static string NotHeld(BenchResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"not held: {result.GivenUp:N0} {result.Unit} that were due were never sent, and no latency counts them");

    /// <summary>Each fault by its name.</summary>
    public static IEnumerable<(string Name, long Count)> Named(LoadFaults faults) =>
    [
        ("lost", faults.Lost), ("repeated", faults.Repeated), ("early", faults.Early),
        ("disordered", faults.Disordered), ("altered", faults.Altered), ("misattributed", faults.Misattributed),
    ];

    private static string Milliseconds(double value) =>
        value.ToString(value < 10 ? "0.00" : "N1", CultureInfo.InvariantCulture);

    private static string Seconds(TimeSpan length) =>
        string.Create(CultureInfo.InvariantCulture, $"{length.TotalSeconds:0.#} s");

    private static string Row(string name, string value) => $"{name,-12} {value}";
}
