using System.Text.RegularExpressions;

namespace LiveChat.Tests.Tidy;

/// <summary>What the documents say about the repository is there: links, decisions, methods, tests.</summary>
internal static partial class DocumentRules
{
    private const int ArchitectureLinesMax = 400;
    private const int DecisionLinesMax = 60;

    private static readonly string[] DecisionParts =
        ["Status: ", "## Context", "## Decision", "## Consequences", "## Reconsider when"];

    /// <summary>Relative links that lead nowhere.</summary>
    public static IEnumerable<string> DeadLinks(SourceFile file, Func<string, bool> exists)
    {
        if (!file.IsMarkdown) yield break;
        var folder = Path.GetDirectoryName(file.Path)!;
        foreach (Match match in Link().Matches(Fence().Replace(file.Text, Blank)))
        {
            var target = match.Groups["target"].Value.Split('#')[0];
            if (target.Length == 0 || target.Contains("://", StringComparison.Ordinal)) continue;
            var path = Path.GetRelativePath(".", Path.Combine(folder, target)).Replace('\\', '/');
            if (!exists(path)) yield return $"{file.At(match.Index)}: {target} does not exist";
        }
    }

    /// <summary>Decisions that are misnamed, too long, without a part, or missing from the index.</summary>
    public static IEnumerable<string> BadDecisions(IReadOnlyList<SourceFile> files)
    {
        const string Folder = "docs/adr/";
        var index = files.Single(file => file.Path == Folder + "README.md").Text;
        var numbers = new HashSet<string>();
        foreach (var file in files.Where(file => file.Path.StartsWith(Folder, StringComparison.Ordinal)))
        {
            if (file.Name == "README.md") continue;
            if (DecisionName().Match(file.Name) is not { Success: true } name)
            {
                yield return $"{file.Path}: NNNN-title.md";
            }
            else if (!numbers.Add(name.Groups[1].Value)) yield return $"{file.Path}: its number is taken";
            else if (!file.Text.StartsWith($"# {name.Groups[1].Value}: ", StringComparison.Ordinal))
            {
                yield return $"{file.Path}: its heading has another number";
            }

            if (file.Lines.Count > DecisionLinesMax) yield return $"{file.Path}: more than a page";
            if (!index.Contains($"({file.Name})")) yield return $"{file.Path}: not in the index";
            foreach (var part in DecisionParts.Where(part => !file.Text.Contains('\n' + part)))
            {
                yield return $"{file.Path}: no \"{part.Trim()}\"";
            }
        }
    }

    /// <summary>Tests that a document names, a class or one of its methods, and that do not exist.</summary>
    public static IEnumerable<string> MissingTests(SourceFile file, Func<string, string, bool> isTest) =>
        from Match test in TestName().Matches(file.IsMarkdown ? file.Text : "")
        where !isTest(test.Groups["class"].Value, test.Groups["method"].Value)
        select $"{file.At(test.Index)}: {test.Value} is no test";

    /// <summary>Documents that a source file names and that do not exist.</summary>
    public static IEnumerable<string> MissingDocuments(SourceFile file, Func<string, bool> exists) =>
        from Match name in DocumentName().Matches(file.IsCSharp && !file.IsTidy ? file.Text : "")
        where !exists(name.Value)
        select $"{file.At(name.Index)}: {name.Value} does not exist";

    /// <summary>Too long, or with lines in its <c>path</c> block that are not a method of ours.</summary>
    public static IEnumerable<string> BadArchitecture(SourceFile file, Func<string, string, bool> isMethod)
    {
        if (file.Lines.Count > ArchitectureLinesMax) yield return $"more than {ArchitectureLinesMax} lines";
        var blocks = PathBlock().Matches(file.Text);
        if (blocks.Count == 0) yield return "no path block";
        foreach (Match block in blocks)
        {
            var steps = PathStep().Matches(block.Groups[1].Value);
            if (steps.Count == 0) yield return "the path is empty";
            foreach (Match step in steps)
            {
                if (!isMethod(step.Groups["type"].Value, step.Groups["method"].Value)) yield return $"{step} is gone";
            }
        }
    }

    // Keeps the numbers of the lines.
    private static string Blank(Match match) => new('\n', match.Value.Count(letter => letter == '\n'));

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^(\d{4})-[a-z0-9]+(-[a-z0-9]+)*\.md$")]
    private static partial Regex DecisionName();

    [GeneratedRegex(@"^```path\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex PathBlock();

    [GeneratedRegex(@"\b(?<type>[A-Z]\w*)\.(?<method>[A-Z]\w*)\b")]
    private static partial Regex PathStep();

    [GeneratedRegex(@"\bdocs/[\w/-]+\.md\b")]
    private static partial Regex DocumentName();

    [GeneratedRegex(@"`(?<class>\w+(Tests|Contract))(\.(?<method>\w+))?`")]
    private static partial Regex TestName();
}
