namespace LiveChat.Tests.Tidy;

/// <summary>A text file of the repository, or a sample of one: its path from the root and its text.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    public string Name => System.IO.Path.GetFileName(Path);

    public bool IsCSharp => Path.EndsWith(".cs", StringComparison.Ordinal);

    public bool IsMarkdown => Path.EndsWith(".md", StringComparison.Ordinal);

    public bool IsProject => Path.EndsWith(".csproj", StringComparison.Ordinal);

    /// <summary>The folder of the rules themselves, which have to write down what they refuse.</summary>
    public bool IsTidy => Path.StartsWith("tests/LiveChat.Tests/Tidy/", StringComparison.Ordinal);

    public IReadOnlyList<string> Lines { get; } = Text.Split('\n');

    /// <summary>The number of the line that holds the character at <paramref name="index"/>.</summary>
    public int LineAt(int index) => Text.AsSpan(0, index).Count('\n') + 1;

    public string At(int index) => $"{Path}:{LineAt(index)}";
}
