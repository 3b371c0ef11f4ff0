using HdrHistogram;

namespace LiveChat.Loads.Measuring;

/// <summary>Latencies in milliseconds.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="Mean">The mean.</param>
/// <param name="P50">The median.</param>
/// <param name="P90">The 90th percentile.</param>
/// <param name="P99">The 99th percentile.</param>
/// <param name="P999">The 99.9th percentile.</param>
/// <param name="Max">The highest one.</param>
internal sealed record LatencyFigures(
    long Count, double Mean, double P50, double P90, double P99, double P999, double Max)
{
    /// <param name="latencies">Latencies in microseconds.</param>
    public static LatencyFigures Of(HistogramBase latencies) => latencies.TotalCount == 0
        ? new LatencyFigures(0, 0, 0, 0, 0, 0, 0)
        : new LatencyFigures(
            latencies.TotalCount,
            latencies.GetMean() / 1e3,
            latencies.GetValueAtPercentile(50) / 1e3,
            latencies.GetValueAtPercentile(90) / 1e3,
            latencies.GetValueAtPercentile(99) / 1e3,
            latencies.GetValueAtPercentile(99.9) / 1e3,
            latencies.GetMaxValue() / 1e3);
}
