using System.Globalization;
using System.Text.RegularExpressions;
using LiveChat.Cli;
using LiveChat.Tests.Tidy;
using Xunit;

namespace LiveChat.Tests.Cli;

/// <summary>One table of exit codes: in the code, in the help and in the documents.</summary>
public sealed partial class ExitCodeTests
{
    [Fact]
    public void The_documents_have_the_table()
    {
        var rows = Row().Matches(Repository.File("docs/CLI.md").Text)
            .Select(row => (int.Parse(row.Groups[1].ValueSpan, CultureInfo.InvariantCulture), row.Groups[2].Value));
        Assert.Equal(ExitCode.Table, rows);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("send --help")]
    [InlineData("key list --help")]
    public async Task The_help_of_every_command_has_the_table(string line)
    {
        var help = await CommandProcess.RunAsync(line.Split(' '));
        Assert.Equal((ExitCode.Ok, ""), (help.ExitCode, help.Errors));
        foreach (var (code, meaning) in ExitCode.Table)
            Assert.Contains($"  {code,-4} {meaning}\n", help.Output, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"(?m)^\| ([0-9]+) \| (.*) \|$")]
    private static partial Regex Row();
}
