using Xunit;

namespace LiveChat.EndToEnd.Crash;

/// <summary>A disk that fails under a real server: it stops acknowledging and ends with 1, and nothing that it
/// acknowledged is lost.</summary>
public sealed class HardErrorTests
{
    private static readonly TimeSpan LoadFor = TimeSpan.FromMilliseconds(700);

    [Theory]
    [InlineData("sync-once")]
    [InlineData("write-eio")]
    [InlineData("write-full")]
    public async Task A_disk_that_fails_ends_the_server_and_a_failed_sync_is_never_tried_again(string kind)
    {
        await Requirement.CompilerAsync();
        using var scratch = new ScratchDirectory();
        var data = Path.Combine(scratch.Path, "data");
        var disk = await FailingDisk.BuildAsync(scratch.Path, data, kind);
        await using var server = await CrashServer.StartAsync(data, CrashServer.FreeEndpoint(), disk.Environment);
        await using var load = await Load.StartAsync(server.Endpoint, data);
        using var stop = new CancellationTokenSource();
        var sending = load.SendUntilAsync(stop.Token);
        await Task.Delay(LoadFor, TimeProvider.System);

        disk.Fail();
        var (exitCode, said) = await server.ExitAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains("livechat stopped: ", said, StringComparison.Ordinal);
        Assert.Equal("f", disk.Noted);

        await using var next = await CrashServer.StartAsync(data, server.Endpoint);
        stop.Cancel();
        await sending;
        Assert.True(load.Acknowledged > 0);
        Assert.Empty(await load.CheckAsync());
    }
}
