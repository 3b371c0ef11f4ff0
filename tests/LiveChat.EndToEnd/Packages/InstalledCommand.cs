using LiveChat.EndToEnd.Commands;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Packages;

/// <summary>The command as somebody installed it, away from this checkout.</summary>
/// <param name="program">What is started.</param>
/// <param name="first">What stands before the command line.</param>
internal sealed class InstalledCommand(string program, params string[] first)
{
    /// <summary>Serves a new folder; a user writes to another one, who reads it; ends in order.</summary>
    public async Task TalkAsync(string data)
    {
        var url = CrashServer.FreeEndpoint().GetLeftPart(UriPartial.Authority);
        await using var server = RunningCommand.StartProgram(
            program, [.. first, "serve", "--listen", url, "--data", data]);
        await server.HearAsync("Ready.");
        await RunAsync("send", "@bob", "hello from a package", "--user", "ann", "--url", url, "--data", data);
        Assert.Contains(
            "hello from a package",
            await RunAsync("history", "@ann", "--user", "bob", "--url", url, "--data", data),
            StringComparison.Ordinal);
        await server.SignalAsync("TERM");
        Assert.Equal(0, (await server.EndAsync()).ExitCode);
    }

    /// <summary>Runs a command to its end, and gives back what it said.</summary>
    public Task<string> RunAsync(params string[] line) => Shell.RunAsync(program, [.. first, .. line]);
}
