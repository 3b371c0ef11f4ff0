using LiveChat.EndToEnd.Commands;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Packages;

/// <summary>The unit of deploy/systemd, as systemd judges it.</summary>
public sealed class UnitTests
{
    /// <summary>In tenths: 1.4, of 10. What is left is the network, and memory that is written and run.</summary>
    private const string Exposure = "14";

    private static readonly string Unit = Path.Combine(Checkout.Root, "deploy", "systemd", "livechat.service");

    [Fact]
    public async Task It_leaves_the_server_no_more_of_the_machine_than_it_needs()
    {
        await Requirement.ProgramAsync("systemd", "systemd-analyze", "--version");
        var (exitCode, said) = await Shell.TryRunAsync(
            "systemd-analyze", "security", "--offline=true", "--no-pager", $"--threshold={Exposure}", Unit);
        Assert.True(exitCode == 0, said);
    }

    [Fact]
    public async Task The_server_runs_under_its_filter_of_system_calls()
    {
        await Requirement.ProgramAsync("systemd", "systemd-analyze", "--version");
        await Requirement.ProgramAsync("python", "python3", "--version");
        await Requirement.CompilerAsync(); // With it come the headers that number the calls.
        using var scratch = new ScratchDirectory();
        string[] serve =
        [
            Path.Combine(AppContext.BaseDirectory, "filtered.py"), Unit,
            "dotnet", Path.Combine(AppContext.BaseDirectory, "livechat.dll"),
            "serve", "--listen", "http://127.0.0.1:0", "--data", Path.Combine(scratch.Path, "data"),
        ];
        await using var server = RunningCommand.StartProgram("python3", serve);
        await server.HearAsync("Ready.");
        await server.SignalAsync("TERM");
        Assert.Equal(0, (await server.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task Systemd_knows_all_that_it_says()
    {
        await Requirement.ProgramAsync("systemd", "systemd-analyze", "--version");
        using var scratch = new ScratchDirectory();
        var unit = Path.Combine(scratch.Path, "livechat.service");
        var text = await File.ReadAllTextAsync(Unit);
        await File.WriteAllTextAsync(
            unit, text.Replace("/opt/livechat/livechat serve", "/bin/true", StringComparison.Ordinal));
        var (_, said) = await Shell.TryRunAsync("systemd-analyze", "verify", "--man=no", unit);
        Assert.DoesNotContain("livechat.service:", said, StringComparison.Ordinal);
    }
}
