namespace LiveChat.Cli.Bench.Html;

/// <summary>A line of a plot.</summary>
/// <param name="Name">What the legend calls it.</param>
/// <param name="Points">Its points, in the units of the axes.</param>
internal sealed record PlotSeries(string Name, IReadOnlyList<(double X, double Y)> Points);
