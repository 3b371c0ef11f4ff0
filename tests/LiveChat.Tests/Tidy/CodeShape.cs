using System.Text.RegularExpressions;

namespace LiveChat.Tests.Tidy;

/// <summary>
/// What can be seen of a C# file by its indentation, which the build keeps: types stand at the margin, their members
/// and braces four columns in.
/// </summary>
internal static partial class CodeShape
{
    public static IEnumerable<string> LongMethods(SourceFile file, int linesMax)
    {
        int? begin = null;
        foreach (var (index, line) in file.Lines.Index())
        {
            if (line == "    {" && !Declaration().IsMatch(file.Lines[index - 1])) begin = index;
            if (line != "    }" || begin is not { } from) continue;
            if (index - from - 1 > linesMax) yield return $"{file.Path}:{from + 1}: {index - from - 1} lines";
            begin = null;
        }
    }

    public static IEnumerable<string> SilentTypes(SourceFile file)
    {
        foreach (var (index, line) in file.Lines.Index())
        {
            if (!line.StartsWith("public ", StringComparison.Ordinal)
                && !line.StartsWith("internal ", StringComparison.Ordinal)
                || !Declaration().IsMatch(line))
            {
                continue;
            }

            var above = index - 1;
            while (above >= 0 && IsOfAttribute(file.Lines[above])) above--;
            if (above < 0 || !file.Lines[above].StartsWith("///", StringComparison.Ordinal))
            {
                yield return $"{file.Path}:{index + 1}: {line}";
            }
        }
    }

    private static bool IsOfAttribute(string line) =>
        line.StartsWith('[') || line.StartsWith("    ", StringComparison.Ordinal) || line.EndsWith(']');

    [GeneratedRegex(@"\b(class|struct|record|interface|enum)\s+\w+")]
    private static partial Regex Declaration();
}
