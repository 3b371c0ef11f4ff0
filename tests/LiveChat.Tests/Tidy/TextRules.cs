using System.Text.RegularExpressions;

namespace LiveChat.Tests.Tidy;

/// <summary>The rules that need nothing but the text of one file.</summary>
internal static partial class TextRules
{
    private const int FileLinesMax = 500;
    private const int LineLengthMax = 120;
    private const int MethodLinesMax = 60;

    public static readonly IReadOnlyList<TextRule> All =
    [
        new("A source file has at most 500 lines: split it by what it does",
            new("src/Long.cs", new string('\n', FileLinesMax + 1)),
            file => file.IsCSharp && file.Lines.Count > FileLinesMax + 1 ? [file.Path] : []),

        new("A line has at most 120 columns",
            new("docs/wide.md", new string('x', LineLengthMax + 1)),
            file => IsData(file) ? [] : LinesWhere(file, line => line.Length > LineLengthMax && !IsTableRow(line))),

        new("A method has at most 60 lines: branch in the caller, loop in the callee",
            new("src/Method.cs", "    void B()\n    {\n" + new string('\n', MethodLinesMax + 1) + "    }\n"),
            file => file.IsCSharp ? CodeShape.LongMethods(file, MethodLinesMax) : []),

        new("Every type says what it is",
            new("src/Silent.cs", "/// <summary>A.</summary>\ninternal class A;\n\n[Flags]\ninternal enum B;\n"),
            file => IsProduct(file) ? CodeShape.SilentTypes(file) : []),

        new("Lines end with one line feed and nothing before it, files with a line feed",
            new("src/White.cs", "class White; \n"),
            file => IsGenerated(file) ? [] : BadEndings(file)),

        new("No regions: a file that needs them is two files",
            new("src/Region.cs", "#region Inner\n#endregion\n"),
            file => MatchesIn(file, file.IsCSharp, Region())),

        new("No async void: whoever starts a task owns and awaits it",
            new("src/Void.cs", "private async void OnTick() { }\n"),
            file => MatchesIn(file, file.IsCSharp, AsyncVoid())),

        new("No notes to do something later: do it, or open an issue",
            new("src/Later.cs", "// TODO: bound the queue\n"),
            file => MatchesIn(file, true, LaterNote())),

        new("Whoever starts a task owns it: nothing is started and forgotten",
            new("src/Forget.cs", "        _ = PumpAsync(token);\n"),
            file => MatchesIn(file, IsProduct(file), Forgotten())),

        new("An object is whole when it was made: no null that is set later",
            new("src/Later.cs", "    public Session Session { get; set; } = null!;\n"),
            file => MatchesIn(file, IsProduct(file), NullForNow())),

        new("Tests read as what they do, without headlines inside",
            new("tests/Parts.cs", "        // Arrange\n"),
            file => MatchesIn(file, file.IsCSharp, Headline())),

        new("No global using of our own namespaces: a file says what it needs",
            new("src/Usings.cs", "global using LiveChat.Core.Log;\n"),
            file => MatchesIn(file, file.IsCSharp || file.IsProject, GlobalUsing())),

        new("A type is named by what it is, not by a word that fits everything",
            new("src/ChatManager.cs", "internal sealed class ChatManager\n"),
            file => MatchesIn(file, file.IsCSharp, VagueType())),

        new("No warning is switched off in a file without a reason beside it",
            new("src/Quiet.cs", "#pragma warning disable CA1031\n"),
            file => MatchesIn(file, file.IsCSharp, SilentPragma())),

        new("Nothing names a folder of one machine, or a page that is not in the repository",
            new("docs/mine.md", "as ../shared/NOTES.md says\n"),
            file => MatchesIn(file, true, MachinePath())),

        new("A test is named by a sentence, with a class named by its subject",
            new("tests/FooTests.cs", "[Fact]\npublic void TestFoo()\n"),
            file => file.IsCSharp && file.Path.StartsWith("tests/", StringComparison.Ordinal) ? TestNames(file) : []),

        new("Core has no thread and no scheduler of its own: the simulator runs it on one",
            new("src/LiveChat.Core/Ids/Own.cs", "await Task.Run(Work, token).ConfigureAwait(false);\n"),
            file => MatchesIn(file, file.Path.StartsWith("src/LiveChat.Core/", StringComparison.Ordinal), OwnThread())),

        new("A completion source runs continuations asynchronously",
            new("src/Source.cs", "var source = new TaskCompletionSource<int>();\n"),
            file => MatchesIn(file, IsProduct(file), InlineContinuation())),
    ];

    private static bool IsProduct(SourceFile file) =>
        file.IsCSharp && file.Path.StartsWith("src/", StringComparison.Ordinal);

    private static bool IsGenerated(SourceFile file) => file.Name == "packages.lock.json";

    private static bool IsData(SourceFile file) =>
        Path.GetExtension(file.Path) is ".json" or ".jsonl" or ".csv" or ".tsv" or ".svg" or ".acl"
        || file.Name is "LICENSE" or "BannedSymbols.txt"
        || file.Name.StartsWith("PublicAPI.", StringComparison.Ordinal);

    // A row of a Markdown table cannot be broken.
    private static bool IsTableRow(string line) => line.StartsWith("| ", StringComparison.Ordinal);

    private static IEnumerable<string> LinesWhere(SourceFile file, Func<string, bool> bad) =>
        file.Lines.Index().Where(line => bad(line.Item)).Select(line => $"{file.Path}:{line.Index + 1}");

    private static IEnumerable<string> BadEndings(SourceFile file)
    {
        if (file.Text.Length > 0 && !file.Text.EndsWith('\n')) yield return $"{file.Path}: no line feed at the end";
        foreach (var line in LinesWhere(file, line => line.Length > 0 && char.IsWhiteSpace(line[^1])))
        {
            yield return line;
        }
    }

    private static IEnumerable<string> MatchesIn(SourceFile file, bool applies, Regex refused) =>
        applies && !file.IsTidy
            ? refused.Matches(file.Text).Select(match => $"{file.At(match.Index)}: {match.Value.Trim()}")
            : [];

    private static IEnumerable<string> TestNames(SourceFile file)
    {
        foreach (Match match in TestMethod().Matches(file.Text))
        {
            var name = match.Groups["name"].Value;
            if (!Sentence().IsMatch(name)) yield return $"{file.At(match.Groups["name"].Index)}: {name}";
        }

        if (TestMethod().IsMatch(file.Text) && !TestClass().IsMatch(file.Text))
        {
            yield return $"{file.Path}: its class ends neither with Tests nor with Contract";
        }
    }

    [GeneratedRegex(@"^\s*#\s*region\b", RegexOptions.Multiline)]
    private static partial Regex Region();

    [GeneratedRegex(@"\basync\s+void\b")]
    private static partial Regex AsyncVoid();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex LaterNote();

    [GeneratedRegex(@"^\s*_ = (?!await\b)[\w.?!]*Async\(", RegexOptions.Multiline)]
    private static partial Regex Forgotten();

    [GeneratedRegex(@"= (null|default)!")]
    private static partial Regex NullForNow();

    [GeneratedRegex(@"//\s*(Arrange|Act|Assert)\b")]
    private static partial Regex Headline();

    [GeneratedRegex(@"global using\s+(static\s+)?LiveChat\b|<Using Include=""LiveChat\b")]
    private static partial Regex GlobalUsing();

    [GeneratedRegex(
        @"\b(class|struct|record|interface|enum)\s+(\w*[a-z0-9])?(Manager|Helper|Util|Utility|Impl|Common|Misc)s?"
        + @"(?![a-z])\w*")]
    private static partial Regex VagueType();

    [GeneratedRegex(@"#pragma warning disable [\w, ]+$", RegexOptions.Multiline)]
    private static partial Regex SilentPragma();

    [GeneratedRegex(@"(?<![\w.])/(work|root|home|Users)/\w|(?<![\w.])/tmp/brief|\bshared/\w+\.md\b")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"^\s*\[(Fact|Theory)\b[^\n]*\n(\s*\[[^\n]*\n|\s+[^\n\[]*\)\]\n)*\s*public [\w<> ]*?(?<name>\w+)\(",
        RegexOptions.Multiline)]
    private static partial Regex TestMethod();

    [GeneratedRegex(@"\bclass \w+(Tests|Contract)\b")]
    private static partial Regex TestClass();

    [GeneratedRegex(@"^[A-Z][A-Za-z0-9]*(_[A-Za-z0-9]+){2,}$")]
    private static partial Regex Sentence();

    [GeneratedRegex(@"\bTask\.Run\(|\bConfigureAwait\(false\)|\bnew Thread\(|\bThreadPool\.|\bTask\.Factory\b")]
    private static partial Regex OwnThread();

    [GeneratedRegex(@"\bnew TaskCompletionSource(<[^;\n]*?>)?\(\s*\)")]
    private static partial Regex InlineContinuation();
}
