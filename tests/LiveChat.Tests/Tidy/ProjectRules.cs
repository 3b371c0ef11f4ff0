using System.Collections.Frozen;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace LiveChat.Tests.Tidy;

/// <summary>What may depend on what, as docs/ARCHITECTURE.md draws it, read from the project files.</summary>
internal static partial class ProjectRules
{
    private const string Central = "Directory.Packages.props";
    private const string Decided = "docs/adr/0015-packages.md";

    private static readonly FrozenDictionary<string, string[]> Allowed = new Dictionary<string, string[]>
    {
        ["LiveChat.Protocol"] = [],
        ["LiveChat.Cql"] = [],
        ["LiveChat.Core"] = ["LiveChat.Protocol"],
        ["LiveChat.Embedded"] = ["LiveChat.Protocol", "LiveChat.Core"],
        ["LiveChat.Cluster"] = ["LiveChat.Protocol", "LiveChat.Core", "LiveChat.Cql"],
        ["LiveChat.Server"] = ["LiveChat.Protocol", "LiveChat.Core", "LiveChat.Embedded", "LiveChat.Cluster"],
        ["LiveChat.Client"] = ["LiveChat.Protocol"],
        ["LiveChat.Loads"] = ["LiveChat.Protocol"],
        ["LiveChat.Cli"] = ["LiveChat.Protocol", "LiveChat.Client", "LiveChat.Loads", "LiveChat.Server"],
        ["EchoBot"] = ["LiveChat.Protocol", "LiveChat.Client"],
    }.ToFrozenDictionary();

    // A vendor is somebody else's store, wire or web server; the core's own needs are on the right.
    private static readonly string[] CorePackages =
    [
        "Google.Protobuf", "Grpc.Tools", "System.IO.Hashing", "Microsoft.Extensions.Logging.Abstractions",
        "Microsoft.Extensions.Options", "Microsoft.CodeAnalysis.BannedApiAnalyzers",
    ];

    public static IEnumerable<string> Breaks(IReadOnlyList<SourceFile> files)
    {
        foreach (var project in files.Where(file => file.IsProject))
        {
            foreach (var found in BreaksOf(project, files)) yield return $"{project.Path}: {found}";
        }
    }

    /// <summary>Packages that are pinned but not used, or not recorded with a reason.</summary>
    public static IEnumerable<string> PackageBreaks(IReadOnlyList<SourceFile> files)
    {
        var used = files.Where(file => file.IsProject || file.Name == "Directory.Build.props")
            .SelectMany(file => Named(file, "PackageReference")).ToHashSet(StringComparer.Ordinal);
        var decided = files.Single(file => file.Path == Decided).Text;
        foreach (var package in Named(files.Single(file => file.Path == Central), "PackageVersion"))
        {
            if (!used.Contains(package)) yield return $"{package} is in {Central} and in no project";
            if (!Regex.IsMatch(decided, $@"(?<![\w.]){Regex.Escape(package)}(?![\w.])"))
            {
                yield return $"{package} has no line in {Decided}";
            }
        }
    }

    private static IEnumerable<string> BreaksOf(SourceFile project, IReadOnlyList<SourceFile> files)
    {
        var name = Path.GetFileNameWithoutExtension(project.Path);
        if (Allowed.TryGetValue(name, out var allowed))
        {
            foreach (var reference in Named(project, "ProjectReference").Select(Path.GetFileNameWithoutExtension))
            {
                if (!allowed.Contains(reference)) yield return $"may not see {reference}";
            }
        }
        else if (project.Path.StartsWith("src/", StringComparison.Ordinal))
        {
            yield return "say in ProjectRules what this project may see";
        }

        if (name == "LiveChat.Core")
        {
            foreach (var package in Named(project, "PackageReference").Except(CorePackages))
            {
                yield return $"the core may not see a vendor's {package}";
            }

            foreach (var framework in Named(project, "FrameworkReference"))
            {
                yield return $"the core may not see {framework}";
            }
        }

        if (Version().IsMatch(project.Text)) yield return $"versions stand in {Central} only";
        var folder = Path.GetDirectoryName(project.Path)!.Replace('\\', '/');
        if (files.All(file => file.Path != $"{folder}/packages.lock.json")) yield return "its lock file is missing";
        if (!files.Single(file => file.Name == "LiveChat.slnx").Text.Contains(project.Path, StringComparison.Ordinal))
        {
            yield return "it is not in the solution";
        }
    }

    private static IEnumerable<string> Named(SourceFile file, string element) =>
        XDocument.Parse(file.Text).Descendants(element).Select(found => found.Attribute("Include")!.Value);

    [GeneratedRegex(@"<PackageReference [^>]*\bVersion(Override)?\s*=")]
    private static partial Regex Version();
}
