using System.Globalization;
using System.Net;
using System.Text;
using LiveChat.Loads.Scenarios;

namespace LiveChat.Cli.Bench.Html;

/// <summary>
/// A result as one HTML file that needs nothing else: no script, plots as inline SVG, a policy that loads nothing.
/// Every text is escaped, since the server chooses some of them.
/// </summary>
internal static class HtmlReport
{
    private const string Head = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width">
        <style>
        :root { color-scheme: light dark; --ink: light-dark(#1b1f24, #e6e9ed); --faint: light-dark(#d5dae0, #3a424c);
          --a: light-dark(#0b62c4, #62a8ff); --b: light-dark(#b04a00, #ff9d4d); --c: light-dark(#6b4fb3, #b99cff);
          --bad: light-dark(#b3001b, #ff7b8a); }
        body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 900px; margin: 2rem auto;
          padding: 0 1rem; }
        h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .3rem; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .15rem 1.2rem .15rem 0; border-bottom: 1px solid var(--faint);
          vertical-align: top; font-weight: normal; }
        td.n, th.n { text-align: right; } .bad { color: var(--bad); font-weight: bold; }
        svg { width: 100%; height: auto; } svg text { font-size: 12px; fill: var(--ink); }
        .grid { stroke: var(--faint); } .shade { fill: var(--faint); opacity: .5; }
        .line { fill: none; stroke-width: 1.8; } .s0 { stroke: var(--a); } .s1 { stroke: var(--b); }
        .s2 { stroke: var(--c); stroke-dasharray: 5 3; }
        </style>

        """;

    public static string Of(BenchResult result, IReadOnlyList<Verdict> verdicts, bool isInterrupted)
    {
        var html = new StringBuilder(Head);
        var title = $"{result.Scenario}: {result.Load}";
        html.Append($"<title>{Escape(title)}</title>\n</head>\n<body>\n<h1>{Escape(title)}</h1>\n<p>");
        html.Append(Escape(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.BeganAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, "
            + $"{result.Server.GetLeftPart(UriPartial.Authority)}, {BenchText.PaceOf(result)}, measured for "
            + $"{result.Measured.TotalSeconds:0.#} s after {result.Plan.WarmUp.TotalSeconds:0.#} s of warm-up. Users: "
            + $"{result.Run}-…")));
        html.Append("</p>\n");
        if (isInterrupted) Warn(html, "It was interrupted: these are the figures until then.");
        if (result.Failure is { } failure) Warn(html, $"The server ended it: {failure.Message}.");
        if (!result.IsRateHeld) Warn(html, $"The rate was {BenchText.NotHeld(result)}.");
        Summary(html, result, verdicts);
        Plots(html, result);
        Seconds(html, result);
        return html.Append("</body>\n</html>\n").ToString();
    }

    private static void Warn(StringBuilder html, string sentence) =>
        html.Append($"<p class=\"bad\">{Escape(sentence)}</p>\n");

    private static void Summary(StringBuilder html, BenchResult result, IReadOnlyList<Verdict> verdicts)
    {
        html.Append("<table>\n");
        Row(html, $"{result.Unit} a second", Number(result.PerSecond));
        Row(html, $"{result.Unit} in all", Number(result.Count));
        Row(html, "latency", result.LatencyIs);
        Row(html, "p50, p90, p99, p99.9, highest", string.Join(
            ", ",
            new[]
            {
                result.Latency.P50, result.Latency.P90, result.Latency.P99, result.Latency.P999, result.Latency.Max,
            }.Select(Number)) + " ms");
        Row(html, "faults", result.Faults.ToString(), result.Faults.Any);
        foreach (var verdict in verdicts)
            Row(html, $"threshold {verdict.Threshold.Option}", BenchText.Of(verdict), !verdict.IsMet);
        html.Append("</table>\n");
    }

    private static void Plots(StringBuilder html, BenchResult result)
    {
        var seconds = result.Seconds;
        if (seconds.Count == 0) return;
        var time = PlotAxis.Linear("seconds", seconds[^1].At);
        var warmUp = seconds.TakeWhile(static second => !second.IsMeasured).LastOrDefault()?.At ?? 0;
        html.Append($"<h2>{Escape(Capital(result.Unit))} a second</h2>\n");
        if (warmUp > 0) html.Append("<p>The warm-up is shaded.</p>\n");
        html.Append(SvgPlot.Draw(
            $"{result.Unit} a second",
            time,
            PlotAxis.Linear($"{result.Unit}/s", seconds.Max(static second => second.PerSecond)),
            [new PlotSeries($"{result.Unit}/s", [.. seconds.Select(static one => (one.At, one.PerSecond))])],
            warmUp));
        html.Append("<h2>Latency, second by second</h2>\n");
        var filled = seconds.Where(static second => second.Latency.Count > 0).ToList();
        html.Append(SvgPlot.Draw(
            "Latency, second by second",
            time,
            PlotAxis.Logarithmic("ms", filled.SelectMany(static one => new[] { one.Latency.P50, one.Latency.Max })),
            [
                new PlotSeries("p50", [.. filled.Select(static one => (one.At, PlotAxis.Log(one.Latency.P50)))]),
                new PlotSeries("p99", [.. filled.Select(static one => (one.At, PlotAxis.Log(one.Latency.P99)))]),
                new PlotSeries("highest", [.. filled.Select(static one => (one.At, PlotAxis.Log(one.Latency.Max)))]),
            ],
            warmUp));
        if (result.Distribution.Count == 0) return;
        var points = result.Distribution.Where(static point => point.Percentile < 100).ToList();
        html.Append("<h2>Latency by percentile</h2>\n");
        html.Append(SvgPlot.Draw(
            "Latency by percentile",
            PlotAxis.Percentiles("percentile", points.Count == 0 ? 90 : points[^1].Percentile),
            PlotAxis.Logarithmic("ms", points.Select(static point => point.Milliseconds)),
            [
                new PlotSeries(
                    "measured",
                    [
                        .. points.Select(static point =>
                            (PlotAxis.Rarity(point.Percentile), PlotAxis.Log(point.Milliseconds))),
                    ]),
            ]));
    }

    private static void Seconds(StringBuilder html, BenchResult result)
    {
        html.Append("<h2>Figures</h2>\n<details><summary>Second by second</summary>\n<table>\n<tr>");
        foreach (var name in new[]
        {
            "s", $"{result.Unit}/s", "p50 ms", "p99 ms", "highest ms", "in flight", "late",
        })
            html.Append($"<th class=\"n\">{Escape(name)}</th>");
        html.Append("</tr>\n");
        foreach (var one in result.Seconds)
        {
            html.Append("<tr>");
            foreach (var value in new[]
            {
                one.At, one.PerSecond, one.Latency.P50, one.Latency.P99, one.Latency.Max, one.InFlight, one.Waiting,
            })
                html.Append($"<td class=\"n\">{Number(value)}</td>");
            html.Append("</tr>\n");
        }

        html.Append("</table>\n</details>\n");
    }

    private static void Row(StringBuilder html, string name, string value, bool isBad = false) => html.Append(
        $"<tr><th>{Escape(name)}</th><td{(isBad ? " class=\"bad\"" : "")}>{Escape(value)}</td></tr>\n");

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    private static string Number(double value) =>
        value.ToString(value >= 1000 ? "N0" : "0.##", CultureInfo.InvariantCulture);

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
