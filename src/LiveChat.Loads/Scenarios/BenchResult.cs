using LiveChat.Loads.Chats;
using LiveChat.Loads.Measuring;

namespace LiveChat.Loads.Scenarios;

/// <summary>What a scenario gave, until it ended or was ended.</summary>
internal sealed record BenchResult
{
    /// <summary>The scenario's name on the command line.</summary>
    public required string Scenario { get; init; }

    /// <summary>The load in words.</summary>
    public required string Load { get; init; }

    /// <summary>The server's address.</summary>
    public required Uri Server { get; init; }

    /// <summary>What the ids of the run's users begin with.</summary>
    public required string Run { get; init; }

    public required DateTimeOffset BeganAt { get; init; }

    public required BenchPlan Plan { get; init; }

    /// <summary>How long it was measured.</summary>
    public required TimeSpan Measured { get; init; }

    /// <summary>What is counted, in the plural: messages, pages, sessions.</summary>
    public string Unit { get; init; } = "messages";

    /// <summary>From what to what a latency is, as the end of a sentence.</summary>
    public required string LatencyIs { get; init; }

    /// <summary>How many of the unit were measured.</summary>
    public required double Count { get; init; }

    public required LatencyFigures Latency { get; init; }

    /// <summary>The latencies' distribution: percentiles, rising, with their milliseconds.</summary>
    public required IReadOnlyList<(double Percentile, double Milliseconds)> Distribution { get; init; }

    public required IReadOnlyList<BenchSecond> Seconds { get; init; }

    public required LoadFaults Faults { get; init; }

    /// <summary>Messages that were due and were never sent, since too many waited: the rate was not held.</summary>
    public long GivenUp { get; init; }

    /// <summary>Why the load ended before its time; null when it did not, or was interrupted.</summary>
    public LoadException? Failure { get; init; }

    /// <summary>How many of the unit a second.</summary>
    public double PerSecond => Measured > TimeSpan.Zero ? Count / Measured.TotalSeconds : 0;

    /// <summary>Whether every message was sent that was due.</summary>
    public bool IsRateHeld => GivenUp == 0;
}
