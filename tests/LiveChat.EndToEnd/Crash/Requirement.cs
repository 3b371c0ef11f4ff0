using Xunit;

namespace LiveChat.EndToEnd.Crash;

/// <summary>What a test needs of the machine: missing, the test is skipped on a laptop and fails where
/// <c>LIVECHAT_REQUIRE</c> names it.</summary>
internal static class Requirement
{
    public static async Task LoopDeviceAsync() => Require("loop", await LoopImage.WhyNotAsync());

    /// <summary>A C compiler, for what is preloaded into servers.</summary>
    public static async Task CompilerAsync()
    {
        if (!OperatingSystem.IsLinux())
            Require("cc", "libraries are preloaded on Linux only");
        try
        {
            var (exitCode, output) = await Shell.TryRunAsync("cc", "--version");
            Require("cc", exitCode == 0 ? null : $"cc does not run: {output}");
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            Require("cc", $"there is no C compiler: {missing.Message}");
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
