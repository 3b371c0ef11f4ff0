using Xunit;

namespace LiveChat.EndToEnd.Crash;

/// <summary>What a test needs of the machine: missing, the test is skipped on a laptop and fails where
/// <c>LIVECHAT_REQUIRE</c> names it.</summary>
internal static class Requirement
{
    /// <summary>Whether what takes minutes is asked for.</summary>
    public static bool IsLong => Environment.GetEnvironmentVariable("LIVECHAT_LONG") == "1";

    /// <summary>Skips what takes minutes, unless it is asked for.</summary>
    public static void Long() => Assert.SkipUnless(IsLong, "LIVECHAT_LONG=1 is not set.");

    public static async Task LoopDeviceAsync() => Require("loop", await LoopImage.WhyNotAsync());

    /// <summary>A C compiler, for what is preloaded into servers.</summary>
    public static async Task CompilerAsync()
    {
        if (!OperatingSystem.IsLinux())
            Require("cc", "libraries are preloaded on Linux only");
        await ProgramAsync("cc", "cc", "--version");
    }

    /// <summary>Debian's Prometheus and the tool that comes with it.</summary>
    public static async Task PrometheusAsync()
    {
        foreach (var program in (string[])["prometheus", "promtool"])
            await ProgramAsync("prometheus", program, "--version");
    }

    /// <summary>A program that is there and ends well with these arguments.</summary>
    public static async Task ProgramAsync(string name, string program, params string[] arguments)
    {
        try
        {
            var (exitCode, output) = await Shell.TryRunAsync(program, arguments);
            Require(name, exitCode == 0 ? null : $"{program} does not run: {output}");
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            Require(name, $"{program} is not there: {missing.Message}");
        }
    }

    private static void Require(string name, string? reason)
    {
        if (reason is null)
            return;
        var required = Environment.GetEnvironmentVariable("LIVECHAT_REQUIRE") ?? "";
        if (required.Split(',', StringSplitOptions.TrimEntries).Contains(name))
            Assert.Fail($"LIVECHAT_REQUIRE names {name}, but {reason}.");
        Assert.Skip(reason);
    }
}
