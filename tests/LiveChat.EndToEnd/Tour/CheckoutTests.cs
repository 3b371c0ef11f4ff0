using System.Diagnostics;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Tour;

/// <summary>What a server and the samples keep never gets into a commit.</summary>
public sealed class CheckoutTests
{
    [Fact]
    public async Task A_server_that_is_started_in_a_checkout_leaves_nothing_to_commit()
    {
        await Requirement.ProgramAsync("git", "git", "--version");
        using var folder = new ScratchDirectory();
        await Shell.RunAsync("git", "init", folder.Path);
        var start = new ProcessStartInfo(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "livechat.dll"), "serve", "--listen", "http://127.0.0.1:0"])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
        };
        using var server = Process.Start(start)!;
        try
        {
            string? line;
            do line = await server.StandardOutput.ReadLineAsync();
            while (line is not null && !line.StartsWith("Ready.", StringComparison.Ordinal));
            Assert.NotNull(line);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }

        Assert.True(File.Exists(Path.Combine(folder.Path, "livechat-data", "secret")));
        Assert.Equal(
            "", await Shell.RunAsync("git", "-C", folder.Path, "status", "--porcelain", "--untracked-files=all"));
    }

    [Theory]
    [InlineData("livechat-data/secret")]
    [InlineData("src/LiveChat.Cli/livechat-data/secret")]
    [InlineData("echo-bot.json")]
    [InlineData("samples/EchoBot/echo-bot.json")]
    public async Task What_the_commands_of_the_documents_write_is_ignored(string path)
    {
        await Requirement.ProgramAsync("git", "git", "--version");
        var top = await Shell.RunAsync("git", "-C", AppContext.BaseDirectory, "rev-parse", "--show-toplevel");
        Assert.Equal(path, await Shell.RunAsync("git", "-C", top, "check-ignore", "--no-index", path));
    }
}
