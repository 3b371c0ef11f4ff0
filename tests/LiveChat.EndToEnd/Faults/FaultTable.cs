using System.Globalization;
using System.Text;

namespace LiveChat.EndToEnd.Faults;

/// <summary>The table of docs/RELIABILITY.md: what each fault cost when the whole matrix ran last. Written with
/// <c>LIVECHAT_WRITE=1</c>, behind each scenario: what is not in it did not run.</summary>
internal static class FaultTable
{
    private const string Page = "docs/RELIABILITY.md";
    private const string Begin = "<!-- made: ./build.sh faults -->\n";
    private const string End = "<!-- end -->";

    public static void Write(IReadOnlyDictionary<string, FaultResult> results)
    {
        if (Environment.GetEnvironmentVariable("LIVECHAT_WRITE") != "1") return;
        var path = Find();
        var page = File.ReadAllText(path);
        var (begin, end) = (page.IndexOf(Begin, StringComparison.Ordinal), page.IndexOf(End, StringComparison.Ordinal));
        File.WriteAllText(path, page[..(begin + Begin.Length)] + Text(results) + page[end..]);
    }

    private static string Text(IReadOnlyDictionary<string, FaultResult> results)
    {
        var text = new StringBuilder();
        var today = TimeProvider.System.GetUtcNow();
        var processors = Environment.ProcessorCount;
        var gib = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30;
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"""
            Made on {today:yyyy-MM-dd} on a machine with {processors} processors and {gib} GiB, which ran all parts,
            the users and other work besides. Seed {FaultMatrixTests.Seed}.

            | fault | acknowledged | violations | longest pause of a user | well again after | load |
            |---|---|---|---|---|---|
            """);
        foreach (var scenario in FaultScenarios.All)
        {
            if (results.TryGetValue(scenario.Name, out var result)) text.AppendLine(RowOf(scenario.Name, result));
        }

        return text.ToString();
    }

    public static string RowOf(string name, FaultResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {name} | {result.Acknowledged:N0} | {result.Violations.Count} | {result.LongestPause.TotalSeconds:N1} s | "
        + $"{result.UntilWell.TotalSeconds:N1} s | {result.Load:N0} |");

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, Page))) return Path.Combine(folder.FullName, Page);
        throw new InvalidOperationException($"There is no {Page} above this folder.");
    }
}
