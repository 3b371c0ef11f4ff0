using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using LiveChat.Cli.Bench;
using LiveChat.Cli.Bench.Html;
using LiveChat.Loads;
using Xunit;

namespace LiveChat.Tests.Cli.Bench;

public sealed partial class BenchReportTests
{
    private const string Hostile = "</td><script src=\"//evil.example/x.js\">alert('&')</script>";
    private static readonly Threshold P99 = Threshold.All.Single(static one => one.Option == "--max-p99");

    private static readonly string[] Fields =
    [
        "scenario", "load", "server", "run", "began_at", "loop", "wanted_per_second", "warm_up_seconds",
        "measured_seconds", "unit", "count", "per_second", "latency_ms", "faults", "given_up", "thresholds", "seconds",
        "interrupted", "ended_by",
    ];

    [Fact]
    public void The_object_has_its_fields_on_one_line()
    {
        var text = BenchJson.Of(SampleResult.Good, [new Verdict(P99, 5, 8, IsMet: false)], isInterrupted: false);
        var json = JsonElement.Parse(text);

        Assert.DoesNotContain('\n', text);
        Assert.Equal(Fields, json.EnumerateObject().Select(static field => field.Name));
        Assert.Equal("https://chat.example:8443", json.GetProperty("server").GetString());
        Assert.Equal(2_000, json.GetProperty("per_second").GetDouble());
        Assert.Equal(8, json.GetProperty("latency_ms").GetProperty("p99").GetDouble());
        Assert.Equal(
            ["lost", "repeated", "early", "disordered", "altered", "misattributed"],
            json.GetProperty("faults").EnumerateObject().Select(static field => field.Name));
        Assert.Equal(5, json.GetProperty("seconds").GetArrayLength());
        Assert.False(json.GetProperty("thresholds")[0].GetProperty("met").GetBoolean());
    }

    [Fact]
    public void The_table_says_what_was_measured_and_what_was_missed()
    {
        var lines = string.Join('\n', BenchText.Lines(
            SampleResult.Good with { GivenUp = 12 }, [new Verdict(P99, 5, 8, IsMet: false)]));

        Assert.Contains("open loop, 2000 messages/s", lines, StringComparison.Ordinal);
        Assert.Contains("p99 ms 8, at most 5: not met", lines, StringComparison.Ordinal);
        Assert.Contains("12 messages that were due were never sent", lines, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_needs_nothing_from_elsewhere_and_runs_no_script()
    {
        var html = HtmlReport.Of(SampleResult.Good, [], isInterrupted: true);

        Assert.DoesNotMatch(Outside(), html);
        Assert.Contains("default-src 'none'", html, StringComparison.Ordinal);
        Assert.Equal(3, Svg().Count(html));
        Assert.All(Svg().Matches(html), static svg =>
            Assert.Contains(XDocument.Parse(svg.Value).Descendants(), static one => one.Name.LocalName == "polyline"));
    }

    [Fact]
    public void Every_text_of_the_page_is_escaped()
    {
        var result = SampleResult.Good with
        {
            Scenario = Hostile,
            Load = Hostile,
            Run = Hostile,
            Unit = Hostile,
            LatencyIs = Hostile,
            Failure = LoadException.NotTaken(Hostile),
        };
        var html = HtmlReport.Of(result, [new Verdict(P99 with { Says = Hostile }, 5, 8, false)], false);

        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("\"//evil", html, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("&lt;script", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_of_nothing_has_a_page_too()
    {
        var nothing = SampleResult.Good with
        {
            Seconds = [],
            Distribution = [],
            Measured = TimeSpan.Zero,
            Count = 0,
        };

        Assert.EndsWith("</html>\n", HtmlReport.Of(nothing, [], isInterrupted: true), StringComparison.Ordinal);
        Assert.Equal(0, JsonElement.Parse(BenchJson.Of(nothing, [], true)).GetProperty("per_second").GetDouble());
    }

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(3, 3, 4)]
    [InlineData(99, 100, 6)]
    [InlineData(12_345, 15_000, 4)]
    public void An_axis_ends_at_a_round_number_above_its_values(double most, double high, int ticks)
    {
        var axis = PlotAxis.Linear("x", most);

        Assert.Equal((high, ticks), (axis.High, axis.Ticks.Length));
    }

    [Fact]
    public void Percentiles_are_as_wide_for_each_nine()
    {
        var axis = PlotAxis.Percentiles("percentile", 99.95);

        Assert.Equal(["0", "90", "99", "99.9", "99.99"], axis.Ticks.Select(static tick => tick.Text));
        Assert.Equal(2, PlotAxis.Rarity(99), 1e-9);
    }

    [GeneratedRegex("<script|<link|<img|url\\(|@import|(src|href)=|\\son[a-z]+=", RegexOptions.IgnoreCase)]
    private static partial Regex Outside();

    [GeneratedRegex("(?s)<svg.*?</svg>")]
    private static partial Regex Svg();
}
