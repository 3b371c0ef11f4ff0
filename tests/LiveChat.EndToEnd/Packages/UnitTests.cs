using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Packages;

/// <summary>The unit of deploy/systemd, as systemd judges it.</summary>
public sealed class UnitTests
{
    /// <summary>In tenths: 1.3, of 10. What is left is the network, and memory that is written and run.</summary>
    private const string Exposure = "13";

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
