using System.Text.RegularExpressions;

namespace LiveChat.Tests.Tidy;

/// <summary>
/// The folders of one project from the lowest to the highest, and every use of a type that goes up. A file can name
/// the types of its own namespace, of those around it, and of those that it imports or writes out: namespaces are
/// folders (IDE0130), and no import is idle (IDE0005). A type that a file uses without naming it came from a type that
/// names it, where it is found.
/// </summary>
internal sealed partial class FolderOrder
{
    private const string Own = ".";
    private readonly string _root;
    private readonly string[] _folders;
    private readonly SourceFile[] _sources;

    /// <summary>Type → the folders that declare one of that name.</summary>
    private readonly ILookup<string, string> _types;

    /// <param name="project">The project's name, which is its namespace.</param>
    /// <param name="folders">The lowest first.</param>
    /// <param name="files">The repository.</param>
    public FolderOrder(string project, string[] folders, IReadOnlyList<SourceFile> files)
    {
        (_root, _folders) = (project, folders);
        var path = $"src/{project}/";
        var all = files.Where(file => file.Path.StartsWith(path, StringComparison.Ordinal)).ToArray();
        _sources = [.. all.Where(static file => file.IsCSharp)];
        _types = all.SelectMany(file => Declaration().Matches(file.Text)
                .Select(match => (Type: match.Groups["type"].Value, Folder: FolderOf(file))))
            .ToLookup(static found => found.Type, static found => found.Folder);
    }

    public IEnumerable<string> Breaks() => _sources.SelectMany(BreaksOf);

    private IEnumerable<string> BreaksOf(SourceFile file)
    {
        var folder = FolderOf(file);
        var rank = Array.IndexOf(_folders, folder);
        if (rank < 0)
        {
            yield return $"{file.Path}: say in {FolderRules.Table} where the folder {folder} stands";
            yield break;
        }

        foreach (var (index, used) in Uses(file, folder).Distinct())
            if (Array.IndexOf(_folders, used.Folder) > rank)
                yield return $"{file.At(index)}: {folder} uses {used.Type} of {used.Folder}, which stands above it";
    }

    /// <summary>What the file uses of other folders, at its first place each; an import that no use is found of counts
    /// too.</summary>
    private IEnumerable<(int Index, (string Folder, string Type) Used)> Uses(SourceFile file, string folder)
    {
        var seen = new HashSet<(string Folder, string Type)>();
        var imports = Import().Matches(file.Text)
            .Select(match => (match.Index, Folder: Find(match.Groups["name"].Value))).ToArray();
        string[] visible = [.. Around(folder), .. imports.Select(static import => import.Folder).OfType<string>()];
        foreach (Match word in Word().Matches(file.Text))
        {
            foreach (var (type, places) in Meanings(word.Value.Split('.'), visible))
                foreach (var place in _types[type].Intersect(places))
                    if (place != folder && seen.Add((place, type)))
                        yield return (word.Index, (place, type));
        }

        foreach (var (index, place) in imports)
            if (place is not null && seen.All(used => used.Folder != place))
                yield return (index, (place, "something"));
    }

    /// <summary>A name is a type that the file sees, or begins with a namespace that holds it.</summary>
    private IEnumerable<(string Type, string[] Places)> Meanings(string[] name, string[] visible)
    {
        yield return (name[0], visible);
        for (var length = 1; length < name.Length; length++)
            if (Find(string.Join('.', name, 0, length)) is { } folder)
                yield return (name[length], [folder]);
    }

    /// <summary>The folders whose types a file there sees without an import.</summary>
    private static IEnumerable<string> Around(string folder)
    {
        yield return Own;
        for (var at = folder.IndexOf('/'); at >= 0; at = folder.IndexOf('/', at + 1)) yield return folder[..at];
    }

    /// <summary>The folder that a namespace, a type in it, or a part of its name means; null when it is none.</summary>
    private string? Find(string name)
    {
        var parts = name.Split('.');
        var whole = _root.Split('.');
        var from = parts.AsSpan().StartsWith(whole) ? whole.Length
            : parts[0] == whole[^1] ? 1
            : 0;
        for (var length = parts.Length - from; length > 0; length--)
        {
            var folder = string.Join('/', parts, from, length);
            if (_folders.Contains(folder)) return folder;
        }

        return from > 0 && parts.Length == from ? Own : null;
    }

    private string FolderOf(SourceFile file)
    {
        var folder = Path.GetDirectoryName(file.Path)!.Replace('\\', '/')[$"src/{_root}".Length..].TrimStart('/');
        return folder.Length == 0 ? Own : folder;
    }

    /// <summary>At the margin, or a message of the log's schema.</summary>
    [GeneratedRegex(@"^(?:(?:public|internal|sealed|static|abstract|partial|readonly|ref) )*"
        + @"(?:class|struct|interface|enum|message|record(?: struct| class)?|delegate \S+) (?<type>[A-Z]\w*)",
        RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^using (?:static |\w+ = )?(?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Import();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*(?:\.[A-Z]\w*)*")]
    private static partial Regex Word();
}
