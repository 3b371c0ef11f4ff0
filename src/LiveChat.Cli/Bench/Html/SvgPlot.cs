using System.Globalization;
using System.Net;
using System.Text;

namespace LiveChat.Cli.Bench.Html;

/// <summary>A plot of lines as an inline SVG. Colours and widths come from the style of the page.</summary>
internal static class SvgPlot
{
    private const double Width = 860;
    private const double Height = 300;
    private const double Left = 70;
    private const double Right = 850;
    private const double Top = 30;
    private const double Bottom = 250;

    /// <param name="title">What the plot shows.</param>
    /// <param name="x">The horizontal axis.</param>
    /// <param name="y">The vertical one.</param>
    /// <param name="series">The lines.</param>
    /// <param name="shadedUpTo">The plot is shaded from its left to here: the warm-up.</param>
    public static string Draw(
        string title, PlotAxis x, PlotAxis y, IReadOnlyList<PlotSeries> series, double shadedUpTo = 0)
    {
        var svg = new StringBuilder();
        svg.Append(Inv($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Escape(title)}\">"));
        if (shadedUpTo > x.Low)
            svg.Append(Inv($"<rect class=\"shade\" x=\"{Left}\" y=\"{Top}\" "))
                .Append(Inv($"width=\"{XOf(x, shadedUpTo) - Left:0.#}\" height=\"{Bottom - Top}\"/>"));
        foreach (var (at, text) in y.Ticks)
            svg.Append(Inv($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Right}\" y1=\"{YOf(y, at):0.#}\" "))
                .Append(Inv($"y2=\"{YOf(y, at):0.#}\"/>"))
                .Append(Text(Left - 8, YOf(y, at) + 4, "end", text));
        foreach (var (at, text) in x.Ticks) svg.Append(Text(XOf(x, at), Bottom + 18, "middle", text));
        svg.Append(Text((Left + Right) / 2, Bottom + 40, "middle", x.Label));
        svg.Append(Text(Left, Top - 12, "start", y.Label));
        foreach (var (i, line) in series.Index())
        {
            svg.Append(Inv($"<polyline class=\"line s{i}\" points=\"{Points(x, y, line)}\"/>"));
            var at = Right - (110 * (series.Count - i));
            svg.Append(Inv($"<line class=\"line s{i}\" x1=\"{at}\" x2=\"{at + 20}\" y1=\"{Top - 16}\" "))
                .Append(Inv($"y2=\"{Top - 16}\"/>"))
                .Append(Text(at + 26, Top - 12, "start", line.Name));
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static string Points(PlotAxis x, PlotAxis y, PlotSeries series) => string.Join(
        ' ', series.Points.Select(point => Inv($"{XOf(x, point.X):0.#},{YOf(y, point.Y):0.#}")));

    private static double XOf(PlotAxis axis, double value) => Left + (Part(axis, value) * (Right - Left));

    private static double YOf(PlotAxis axis, double value) => Bottom - (Part(axis, value) * (Bottom - Top));

    private static double Part(PlotAxis axis, double value) =>
        Math.Clamp((value - axis.Low) / (axis.High - axis.Low), 0, 1);

    private static string Text(double x, double y, string anchor, string text) =>
        Inv($"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\">{Escape(text)}</text>");

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static string Inv(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
