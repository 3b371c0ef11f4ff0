using System.Diagnostics;
using LiveChat.Server.Doctor;
using Xunit;

namespace LiveChat.Tests.Server.Doctor;

/// <summary>Which process uses a data folder.</summary>
public sealed class FolderHolderTests
{
    private const int Looks = 20;

    /// <summary>Holds the lock, and opens and closes other files all the time, as a server does connections.</summary>
    private const string Busy =
        "exec 9<LOCK; echo ready; while :; do exec 5</dev/null 6</dev/null 7</dev/null; exec 5<&- 6<&- 7<&-; done";

    [Fact]
    public async Task A_busy_process_is_found_at_each_look()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells which files a process has open.");
        var folder = TestServer.NewFolder();
        Directory.CreateDirectory(folder);
        await File.WriteAllBytesAsync(Path.Combine(folder, "LOCK"), [], TestContext.Current.CancellationToken);
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", Busy])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        })!;
        try
        {
            Assert.Equal("ready", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
            for (var look = 0; look < Looks; look++) Assert.Equal(process.Id, FolderHolder.Find(folder));
        }
        finally
        {
            process.Kill();
        }

        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Null(FolderHolder.Find(folder));
    }
}
