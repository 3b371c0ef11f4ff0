using System.Globalization;
using System.Text.RegularExpressions;

namespace LiveChat.Tests.Tidy;

/// <summary>
/// Every line that the source can write to the log, as rows of a table. What each means and what to do stands in the
/// last column, which people write.
/// </summary>
internal static partial class LogLines
{
    public const string Heading = "| id | level | line | what it means, and what to do |\n|---|---|---|---|\n";

    /// <summary>The page with the rows of the source, each with what it said of it before.</summary>
    public static string Update(string page, IEnumerable<SourceFile> files)
    {
        var begin = page.IndexOf(Heading, StringComparison.Ordinal) + Heading.Length;
        var end = begin;
        while (end < page.Length && page[end] == '|') end = page.IndexOf('\n', end) + 1;
        var said = Row().Matches(page[begin..end])
            .ToDictionary(static row => row.Groups["id"].Value, static row => row.Groups["said"].Value);
        var rows = Rows(files).Select(
            row => $"| {row.Id} | {row.Level} | {row.Line} | {said.GetValueOrDefault(row.Id)} |\n");
        return page[..begin] + string.Concat(rows) + page[end..];
    }

    /// <summary>The ids of which the page does not say what they mean.</summary>
    public static IEnumerable<string> Unsaid(string page) =>
        Row().Matches(page).Where(static row => row.Groups["said"].Value.Trim().Length == 0)
            .Select(static row => row.Groups["id"].Value);

    private static IEnumerable<(string Id, string Level, string Line)> Rows(IEnumerable<SourceFile> files) =>
        files.Where(static file => file.IsCSharp && file.Path.StartsWith("src/", StringComparison.Ordinal))
            .SelectMany(static file => Message().Matches(file.Text))
            .Select(static message => message.Groups["body"].Value)
            .Select(static body => (
                Number().Match(body).Value,
                Level().Match(body) is { Success: true } level ? level.Groups[1].Value : "any",
                string.Concat(Text().Matches(body).Select(static text => Regex.Unescape(text.Groups[1].Value)))))
            .OrderBy(static row => int.Parse(row.Item1, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"\[LoggerMessage\((?<body>.*?)\)\]", RegexOptions.Singleline)]
    private static partial Regex Message();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();

    [GeneratedRegex(@"LogLevel\.(\w+)")]
    private static partial Regex Level();

    [GeneratedRegex("\"((?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex Text();

    [GeneratedRegex(@"^\| (?<id>\d+) \| \w+ \| .* \| ?(?<said>[^|]*?) ?\|\r?$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
