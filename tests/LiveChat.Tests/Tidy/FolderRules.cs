using System.Text.RegularExpressions;

namespace LiveChat.Tests.Tidy;

/// <summary>
/// A folder of a project uses only the folders above it in the table of docs/ARCHITECTURE.md: so there is no circle.
/// </summary>
internal static partial class FolderRules
{
    public const string Table = "docs/ARCHITECTURE.md";

    /// <summary>The projects that have such a table.</summary>
    public static IEnumerable<string> Projects(IReadOnlyList<SourceFile> files) => Tables(files).Select(Project);

    public static IEnumerable<string> Breaks(IReadOnlyList<SourceFile> files) =>
        Tables(files).SelectMany(block => new FolderOrder(Project(block), Folders(block), files).Breaks());

    private static MatchCollection Tables(IReadOnlyList<SourceFile> files) =>
        Block().Matches(files.Single(static file => file.Path == Table).Text);

    private static string Project(Match block) => block.Groups["project"].Value;

    /// <summary>A line each: the folder, then what is in it; a dot is the project's own folder.</summary>
    private static string[] Folders(Match block) =>
        [.. FirstWord().Matches(block.Groups["lines"].Value).Select(static word => word.Value)];

    [GeneratedRegex(@"^```folders (?<project>[\w.]+)\n(?<lines>.*?)^```",
        RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^\S+", RegexOptions.Multiline)]
    private static partial Regex FirstWord();
}
