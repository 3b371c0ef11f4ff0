using Xunit;

namespace LiveChat.EndToEnd.Crash;

/// <summary>What a test needs of the machine: missing, the test is skipped on a laptop and fails where
/// <c>LIVECHAT_REQUIRE</c> names it.</summary>
internal static class Requirement
{
    public static async Task LoopDeviceAsync()
    {
        if (await LoopImage.WhyNotAsync() is not { } reason)
            return;
        var required = Environment.GetEnvironmentVariable("LIVECHAT_REQUIRE") ?? "";
        if (required.Split(',', StringSplitOptions.TrimEntries).Contains("loop"))
            Assert.Fail($"LIVECHAT_REQUIRE names loop, but {reason}.");
        Assert.Skip(reason);
    }
}
