using HdrHistogram;

namespace LiveChat.Loads.Scenarios;

/// <summary>The points of a latency distribution, closer together the rarer they are.</summary>
internal static class Distributions
{
    private const int PointsPerHalf = 5;

    /// <param name="latencies">Latencies in microseconds.</param>
    public static IReadOnlyList<(double Percentile, double Milliseconds)> Of(HistogramBase latencies) =>
        latencies.TotalCount == 0
            ? []
            :
            [
                .. latencies.Percentiles(PointsPerHalf)
                    .Select(static point => (point.PercentileLevelIteratedTo, point.ValueIteratedTo / 1e3)),
            ];
}
