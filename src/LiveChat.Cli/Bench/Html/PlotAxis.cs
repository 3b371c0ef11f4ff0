using System.Collections.Immutable;
using System.Globalization;

namespace LiveChat.Cli.Bench.Html;

/// <summary>An axis of a plot: a range, and where it has ticks. Values may be logarithms; the ticks' texts are not.
/// </summary>
/// <param name="Label">What it shows, with its unit.</param>
/// <param name="Low">Where it begins.</param>
/// <param name="High">Where it ends, above <paramref name="Low"/>.</param>
/// <param name="Ticks">Its ticks.</param>
internal sealed record PlotAxis(string Label, double Low, double High, ImmutableArray<(double At, string Text)> Ticks)
{
    private const int TicksWanted = 5;

    /// <summary>From 0 up to a round number.</summary>
    public static PlotAxis Linear(string label, double most)
    {
        var step = StepFor(most);
        var count = Math.Max(1, (int)Math.Ceiling(most / step));
        return new PlotAxis(
            label,
            0,
            count * step,
            [.. Enumerable.Range(0, count + 1).Select(i => (i * step, Say(i * step)))]);
    }

    /// <summary>Powers of ten around the values; the values are plotted by <see cref="Log"/>.</summary>
    public static PlotAxis Logarithmic(string label, IEnumerable<double> values)
    {
        var logs = values.Select(Log).DefaultIfEmpty(0).ToList();
        var low = (int)Math.Floor(logs.Min());
        var high = Math.Max(low + 1, (int)Math.Ceiling(logs.Max()));
        return new PlotAxis(
            label,
            low,
            high,
            [.. Enumerable.Range(low, high - low + 1).Select(static i => ((double)i, Say(Math.Pow(10, i))))]);
    }

    /// <summary>Percentiles, of which each decade is as wide as the one before; they are plotted by
    /// <see cref="Rarity"/>.</summary>
    public static PlotAxis Percentiles(string label, double highest)
    {
        var decades = Math.Max(1, (int)Math.Ceiling(Rarity(highest)));
        return new PlotAxis(
            label,
            0,
            decades,
            [
                .. Enumerable.Range(0, decades + 1).Select(static i => (
                    (double)i,
                    i == 0
                        ? "0"
                        : (100 - (100 * Math.Pow(10, -i))).ToString("0.######", CultureInfo.InvariantCulture))),
            ]);
    }

    /// <summary>The decimal logarithm; of nothing that of a thousandth.</summary>
    public static double Log(double value) => Math.Log10(Math.Max(value, 1e-3));

    /// <summary>How many nines a percentile has.</summary>
    public static double Rarity(double percentile) => -Math.Log10(Math.Max(1e-7, 1 - (percentile / 100)));

    private static double StepFor(double most)
    {
        if (most <= 0) return 1;
        var rough = most / TicksWanted;
        var unit = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return (rough / unit) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 } * unit;
    }

    private static string Say(double value) => value.ToString(
        Math.Abs(value) >= 1000 ? "N0" : "0.###", CultureInfo.InvariantCulture);
}
