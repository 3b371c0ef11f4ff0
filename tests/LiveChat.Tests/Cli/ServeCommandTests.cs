using LiveChat.Server;
using Xunit;

namespace LiveChat.Tests.Cli;

/// <summary><c>livechat serve</c> as a process: a server that was asked for something else does not start.</summary>
public sealed class ServeCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("livechat-test-");

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("-?")]
    public async Task Whoever_asks_for_help_gets_the_switches_and_no_server(string help)
    {
        var (exitCode, output, errors) = await CommandProcess.RunInAsync(_folder.FullName, ["serve", help]);
        Assert.Equal((0, ""), (exitCode, errors));
        foreach (var known in LiveChatServer.Switches)
            Assert.Contains($"  {known.Name} ", output, StringComparison.Ordinal);
        Assert.Contains("docs/CONFIG.md", output, StringComparison.Ordinal);
        Assert.Empty(_folder.EnumerateFileSystemInfos());
    }

    [Fact]
    public Task A_misspelt_variable_is_refused() => RefusedAsync(
        "There is no option LiveChat:INGEST:CHATSSTARTDBY: docs/CONFIG.md lists them.",
        ("LIVECHAT__INGEST__CHATSSTARTDBY", "ServerKeys"));

    [Theory]
    [InlineData("""{"LiveChat": {"Sessions": {"PingSecond": 3}}}""",
        "There is no option LiveChat:Sessions:PingSecond: docs/CONFIG.md lists them.")]
    [InlineData("""{"Ingest": {"ChatsStartedBy": "ServerKeys"}}""",
        "{file} cannot be used: Ingest stands outside of LiveChat.")]
    [InlineData("{\n\"LiveChat\": {,}}",
        "{file} cannot be used: ',' is an invalid start of a property name. Expected a '\"'. "
        + "LineNumber: 1 | BytePositionInLine: 13.")]
    public async Task A_file_that_cannot_be_meant_is_refused_with_the_place(string text, string sentence)
    {
        var file = Path.Combine(_folder.FullName, "livechat.json");
        await File.WriteAllTextAsync(file, text);
        await RefusedAsync(sentence.Replace("{file}", file, StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task RefusedAsync(string sentence, params (string Name, string Value)[] environment)
    {
        string[] line = ["serve", "--listen", "http://127.0.0.1:0"];
        var refused = await CommandProcess.RunInAsync(_folder.FullName, line, "", environment);
        Assert.Equal($"livechat cannot start: {sentence}\n", refused.Errors);
        Assert.Equal((2, ""), (refused.ExitCode, refused.Output));
        Assert.False(Path.Exists(Path.Combine(_folder.FullName, "livechat-data")));
    }
}
