using HdrHistogram;
using LiveChat.Loads.Chats;

namespace LiveChat.Bench.Pairs;

/// <summary>What one round gave.</summary>
/// <param name="Messages">Messages a second that were with all members.</param>
/// <param name="P50">Milliseconds from the sending to the delivery.</param>
/// <param name="P99">The same at the 99th percentile.</param>
/// <param name="CpuEach">Microseconds of processor for each message.</param>
/// <param name="Cores">Processors in use.</param>
/// <param name="Durable">Messages a second that history stored: those that were delivered less what it fell behind.
/// </param>
/// <param name="Backlog">How far history was behind.</param>
internal sealed record PairsResult(
    double Messages, double P50, double P99, double CpuEach, double Cores, double Durable, Backlog Backlog)
{
    public static PairsResult Of(
        ChatLoad load, TimeSpan elapsed, TimeSpan cpu, LongHistogram latencies, Backlog backlog)
    {
        var messages = latencies.TotalCount / (double)(load.Members - 1);
        return new PairsResult(
            messages / elapsed.TotalSeconds,
            latencies.GetValueAtPercentile(50) / 1e3,
            latencies.GetValueAtPercentile(99) / 1e3,
            cpu.TotalMicroseconds / Math.Max(1, messages),
            cpu / elapsed,
            (messages - Math.Max(0, backlog.Last - backlog.First)) / elapsed.TotalSeconds,
            backlog);
    }

    /// <summary>A table of the medians, with what was least and most; the ratio says how many times a server's messages
    /// the first server's are.</summary>
    public static void Print(
        IReadOnlyDictionary<IPeer, List<PairsResult>> results, IReadOnlyDictionary<IPeer, LoadFaults> faults)
    {
        Console.WriteLine(
            "| server | messages/s | first's ratio | durable/s | history behind, first → last (most) | p50 ms | p99 ms "
            + "| CPU µs each | cores | faults |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        var first = results.Values.First();
        foreach (var (peer, rounds) in results)
        {
            var ratios = rounds.Zip(first, static (one, other) => other.Messages / one.Messages);
            Console.WriteLine($"| {peer.Name} | {Spread(rounds.Select(static one => one.Messages), "N0")}"
                + $" | {Spread(ratios, "N2")}"
                + $" | {Spread(rounds.Select(static one => one.Durable), "N0")}"
                + $" | {string.Join("; ", rounds.Select(static one => one.Backlog))}"
                + $" | {Spread(rounds.Select(static one => one.P50), "N2")}"
                + $" | {Spread(rounds.Select(static one => one.P99), "N1")}"
                + $" | {Spread(rounds.Select(static one => one.CpuEach), "N0")}"
                + $" | {Spread(rounds.Select(static one => one.Cores), "N2")} | {faults[peer]} |");
        }
    }

    private static string Spread(IEnumerable<double> values, string format)
    {
        var sorted = values.Order().ToArray();
        string As(double value) => value.ToString(format, System.Globalization.CultureInfo.InvariantCulture);
        return $"{As(sorted[sorted.Length / 2])} ({As(sorted[0])}–{As(sorted[^1])})";
    }
}
