using System.Globalization;
using LiveChat.Cli;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Commands;

/// <summary>A server that is there and takes no messages: who waits is told at once why.</summary>
public sealed class ShortDiskTests
{
    /// <summary>More than any disk has.</summary>
    public static readonly KeyValuePair<string, string> NoRoom = new(
        "LIVECHAT__RESERVEBYTES", long.MaxValue.ToString(CultureInfo.InvariantCulture));

    [Fact]
    public async Task A_command_says_the_reason_and_goes_on_trying()
    {
        using var folder = new ScratchDirectory();
        var url = CrashServer.FreeEndpoint();
        await using var server = await CrashServer.StartAsync(
            folder.Path, url, new Dictionary<string, string>([NoRoom]));
        await using var command = RunningCommand.Start(
            ["send", "@bob", "hi", "--user", "ann", "--url", $"http://{url.Authority}", "--data", folder.Path,
                "--wait", "60"]);

        await command.HearAsync("The disk of the data folder is short of room");
        await command.SignalAsync("INT");
        Assert.Equal(ExitCode.Interrupted, (await command.EndAsync()).ExitCode);
    }
}
