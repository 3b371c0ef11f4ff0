namespace LiveChat.Tests.Tidy;

/// <summary>The working copy that these tests were built from: every text file that could be committed.</summary>
internal static class Repository
{
    private static readonly string[] Ignored =
        [".git", ".vs", ".idea", "bin", "obj", "artifacts", "node_modules", "TestResults", "data", "livechat-data"];

    private static readonly string[] Binary = [".png", ".jpg", ".ico", ".pfx", ".bin", ".snk", ".woff2"];

    private static readonly Lazy<IReadOnlyList<SourceFile>> Loaded = new(Load);

    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<SourceFile> Files => Loaded.Value;

    public static SourceFile File(string path) => Files.Single(file => file.Path == path);

    public static bool Exists(string path) => Path.Exists(Path.Combine(Root, path));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (folder.EnumerateFiles("LiveChat.slnx").Any()) return folder.FullName;
        }

        throw new InvalidOperationException("The tests do not run inside the repository.");
    }

    private static IReadOnlyList<SourceFile> Load()
    {
        var files = new List<SourceFile>();
        var folders = new Stack<string>([Root]);
        while (folders.TryPop(out var folder))
        {
            foreach (var inner in Directory.EnumerateDirectories(folder))
            {
                if (!Ignored.Contains(Path.GetFileName(inner), StringComparer.Ordinal)) folders.Push(inner);
            }

            foreach (var path in Directory.EnumerateFiles(folder))
            {
                if (Path.GetFileName(path) == ".git" || Binary.Contains(Path.GetExtension(path))) continue;
                var relative = Path.GetRelativePath(Root, path).Replace('\\', '/');
                files.Add(new SourceFile(relative, System.IO.File.ReadAllText(path)));
            }
        }

        return [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
    }
}
