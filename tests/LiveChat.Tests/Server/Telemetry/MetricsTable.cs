using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;

namespace LiveChat.Tests.Server.Telemetry;

/// <summary>The instruments of the server as rows of a table. Which labels each has stands in a column that people
/// write, and that a test compares with what a server exports.</summary>
internal static partial class MetricsTable
{
    public const string Heading = "| metric | kind | unit | labels | what it says |\n|---|---|---|---|---|\n";

    /// <summary>The page with a row for each instrument.</summary>
    public static string Update(string page, IEnumerable<Instrument> instruments)
    {
        var begin = page.IndexOf(Heading, StringComparison.Ordinal) + Heading.Length;
        var end = begin;
        while (end < page.Length && page[end] == '|') end = page.IndexOf('\n', end) + 1;
        var labels = Labels(page);
        var rows = instruments
            .DistinctBy(static instrument => instrument.Name)
            .OrderBy(static instrument => instrument.Name, StringComparer.Ordinal)
            .Select(instrument =>
            {
                var name = NameOf(instrument);
                var said = string.Join(", ", labels.GetValueOrDefault(name, []).Select(static label => $"`{label}`"));
                return $"| `{name}` | {KindOf(instrument)} | {UnitOf(instrument)} | {said} | "
                    + $"{instrument.Description} |\n";
            });
        return page[..begin] + string.Concat(rows) + page[end..];
    }

    /// <summary>The labels of each metric of the page.</summary>
    public static Dictionary<string, string[]> Labels(string page) => Row().Matches(page).ToDictionary(
        static row => row.Groups["name"].Value,
        static row => Label().Matches(row.Groups["labels"].Value).Select(static label => label.Groups[1].Value)
            .ToArray());

    /// <summary>The name that Prometheus knows it by.</summary>
    public static string NameOf(Instrument instrument)
    {
        var unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        var total = KindOf(instrument) == "counter" ? "_total" : "";
        return instrument.Name.Replace('.', '_') + unit + total;
    }

    private static string KindOf(Instrument instrument)
    {
        var type = instrument.GetType().Name;
        return type.StartsWith("Histogram", StringComparison.Ordinal) ? "histogram"
            : type.Contains("UpDown", StringComparison.Ordinal) ? "gauge"
            : type.Contains("Counter", StringComparison.Ordinal) ? "counter"
            : "gauge";
    }

    private static string UnitOf(Instrument instrument) => instrument.Unit switch
    {
        "s" => "seconds",
        "By" => "bytes",
        null or "" => "",
        var unit => unit.Trim('{', '}'),
    };

    [GeneratedRegex(@"^\| `(?<name>\w+)` \| (?:counter|gauge|histogram) \| [^|]* \| (?<labels>[^|]*) \|",
        RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Label();
}
