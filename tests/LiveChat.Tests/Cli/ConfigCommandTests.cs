using System.Text.Json.Nodes;
using LiveChat.Tests.Tidy;
using Xunit;

namespace LiveChat.Tests.Cli;

/// <summary><c>livechat config</c> as a process.</summary>
public sealed class ConfigCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("livechat-test-");

    [Fact]
    public async Task What_is_set_is_shown_with_the_place_that_counts()
    {
        await WriteAsync("""{"LiveChat": {"Listen": "http://127.0.0.1:1", "DrainSeconds": 3}}""");

        var shown = await RunAsync(
            ["config", "show", "--set", "--data", "here", "--dev"],
            ("LIVECHAT__LISTEN", "http://127.0.0.1:2"), ("LIVECHAT__ORIGINS__0", "https://chat.example"));

        Assert.Equal((0, ""), (shown.ExitCode, shown.Errors));
        Assert.Equal(
            [
                "LiveChat:Data=here  (command line)",
                "LiveChat:Listen=http://127.0.0.1:2  (environment)",
                "LiveChat:Origins:0=https://chat.example  (environment)",
                "LiveChat:DrainSeconds=3  (livechat.json)",
                "LiveChat:Development=true  (command line)",
            ],
            shown.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Single(_folder.EnumerateFileSystemInfos());
    }

    [Fact]
    public async Task A_program_gets_all_options_as_objects()
    {
        var shown = await RunAsync(["config", "show", "--output", "json"]);

        var lines = shown.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var options = lines.Select(static line => JsonNode.Parse(line)!);
        var drain = Assert.Single(options, static line => (string?)line["name"] == "LiveChat:DrainSeconds");
        Assert.Equal(("5", "default"), ((string?)drain["value"], (string?)drain["source"]));
    }

    [Fact]
    public async Task Right_options_pass_and_nothing_is_made()
    {
        var good = await RunAsync(["config", "check", "--data", "here"]);

        Assert.Equal((0, "The options are right; 1 of them are set.\n", ""), good);
        Assert.Empty(_folder.EnumerateFileSystemInfos());
    }

    /// <summary>The sentences of a start, which other tests go through.</summary>
    [Theory]
    [InlineData("check")]
    [InlineData("show")]
    public async Task A_wrong_option_is_refused_as_a_start_refuses_it(string command)
    {
        await WriteAsync("""{"LiveChat": {"Sessions": {"PingSecond": 3}}}""");

        var refused = await RunAsync(["config", command]);

        Assert.Equal(
            (2, "", "livechat: There is no option LiveChat:Sessions:PingSecond: docs/CONFIG.md lists them.\n"),
            refused);
    }

    [Fact]
    public async Task The_page_comes_with_the_command()
    {
        var (_, output, _) = await RunAsync(["config", "docs"]);

        Assert.Equal(Repository.File("docs/CONFIG.md").Text, output);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private Task WriteAsync(string text) =>
        File.WriteAllTextAsync(Path.Combine(_folder.FullName, "livechat.json"), text);

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(
        string[] args, params (string Name, string Value)[] environment) =>
        CommandProcess.RunInAsync(_folder.FullName, args, "", environment);
}
