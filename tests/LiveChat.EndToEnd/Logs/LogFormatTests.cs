using System.Globalization;
using System.Text.Json;
using LiveChat.Cli;
using LiveChat.EndToEnd.Commands;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Logs;

/// <summary>How the server's log looks and how much it says.</summary>
public sealed class LogFormatTests : IDisposable
{
    private readonly ScratchDirectory _folder = new();

    [Fact]
    public async Task A_line_begins_with_the_date_and_the_time()
    {
        var lines = await RunAsync();
        Assert.Contains(lines, line => line.Contains(" info: ", StringComparison.Ordinal));
        Assert.All(
            lines.Where(line => line.Contains(" info: ", StringComparison.Ordinal)),
            line => Assert.Matches(@"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info: LiveChat\.", line));
    }

    [Fact]
    public async Task As_objects_it_is_one_a_line()
    {
        var objects = (await RunAsync("--LiveChat:Log:Format=Json"))
            .Where(line => line.StartsWith('{')).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.NotEmpty(objects);
        Assert.All(objects, line =>
        {
            var time = line.GetProperty("Timestamp").GetString()!;
            Assert.True(DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, out _), time);
            Assert.Contains(line.GetProperty("LogLevel").GetString(), (string[])["Information", "Warning"]);
        });
    }

    [Fact]
    public async Task It_says_nothing_below_its_level() => Assert.DoesNotContain(
        await RunAsync("--LiveChat:Log:Level=Warning"), line => line.Contains("info", StringComparison.Ordinal));

    public void Dispose() => _folder.Dispose();

    private async Task<string[]> RunAsync(params string[] options)
    {
        var data = Path.Combine(_folder.Path, "data");
        await using var server = RunningCommand.Start(
            ["serve", "--listen", "http://127.0.0.1:0", "--data", data, .. options]);
        await server.HearAsync("Ready.");
        await server.SignalAsync("TERM");
        var (exitCode, said) = await server.EndAsync();
        Assert.Equal(ExitCode.Ok, exitCode);
        return said.Split('\n');
    }
}
