using System.Text.RegularExpressions;

namespace LiveChat.EndToEnd.Tour;

/// <summary>
/// A step of the tour as the README shows it: fenced <c>console</c> blocks, in order, each in a terminal
/// (<c>terminal=2</c> behind the word; the first without). A line that begins with <c>$ </c> is typed, the lines
/// behind it are what appears. In those, <c>&lt;word&gt;</c> stands for one word that differs from run to run and
/// <c>…</c> for any text; a line that is only <c>…</c> stands for any number of lines, and at the end of a step it
/// says that the command runs on. A block without a command is what a running command shows next.
/// </summary>
/// <param name="Terminal">Which terminal.</param>
/// <param name="Command">What is typed, if anything.</param>
/// <param name="Shown">What appears.</param>
internal sealed partial record TourStep(string Terminal, string? Command, IReadOnlyList<string> Shown)
{
    public const string AnyLines = "…";

    /// <summary>The steps of the section under the heading.</summary>
    public static IReadOnlyList<TourStep> Parse(string markdown, string heading)
    {
        var begin = markdown.IndexOf(heading + "\n", StringComparison.Ordinal);
        if (begin < 0) return [];
        var end = markdown.IndexOf("\n## ", begin + heading.Length, StringComparison.Ordinal);
        var section = end < 0 ? markdown[begin..] : markdown[begin..end];
        return
        [
            .. Block().Matches(section)
                .SelectMany(block => Steps(block.Groups["terminal"].Value, block.Groups["body"].Value)),
        ];
    }

    /// <summary>Whether a line of the README stands for this line of a run.</summary>
    public static bool Matches(string shown, string actual)
    {
        var pattern = Placeholder().Replace(Regex.Escape(shown), found => found.Value == AnyLines ? ".*" : @"\S+");
        return Regex.IsMatch(actual, $"^{pattern}$");
    }

    /// <summary>Whether a command says in the line that it goes on by itself.</summary>
    public static bool TriesAgain(string actual) => Retry().IsMatch(actual);

    private static IEnumerable<TourStep> Steps(string terminal, string body)
    {
        string? command = null;
        List<string> shown = [];
        foreach (var line in body.Replace("\\\n", "", StringComparison.Ordinal).TrimEnd('\n').Split('\n'))
        {
            if (!line.StartsWith("$ ", StringComparison.Ordinal))
            {
                shown.Add(line);
                continue;
            }

            if (command is not null || shown.Count > 0) yield return new TourStep(terminal, command, [.. shown]);
            command = line[2..];
            shown.Clear();
        }

        yield return new TourStep(terminal, command, [.. shown]);
    }

    [GeneratedRegex(@"^```console(?: terminal=(?<terminal>\w+))?\n(?<body>.*?)^```",
        RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@" Trying again in \d+ s\.$")]
    private static partial Regex Retry();

    [GeneratedRegex(@"<[\w-]+>|…")]
    private static partial Regex Placeholder();
}
