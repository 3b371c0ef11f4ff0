using LiveChat.Server.Hosting;
using LiveChat.Server.Tokens;
using Microsoft.Extensions.Logging;
using Xunit;

namespace LiveChat.Tests.Server;

/// <summary>A data folder whose secret is gone.</summary>
public sealed class LostSecretTests : IDisposable
{
    private readonly LineCollector _log = new();

    [Fact]
    public async Task A_full_folder_without_its_secret_is_not_called_a_new_server()
    {
        var folder = TestServer.NewFolder();
        await using (var first = await TestServer.StartAsync(folder))
        {
            Assert.Contains("A new LiveChat server", first.Output.ToString(), StringComparison.Ordinal);
            await first.StopAsync();
            File.Move(Path.Combine(folder, TokenSecret.FileName), folder + ".secret");
            await using var second = await TestServer.StartAsync(new ServerSeams { Logging = _log.Listen }, folder);
            Assert.Equal("", second.Errors.ToString());
            Assert.DoesNotContain("A new LiveChat server", second.Output.ToString(), StringComparison.Ordinal);
            await second.StopAsync();
        }

        File.Delete(folder + ".secret");
        var line = Assert.Single(
            _log.Lines, line => line.Text.Contains("a new secret was made", StringComparison.Ordinal));
        Assert.Equal(LogLevel.Warning, line.Level);
        Assert.Contains(folder, line.Text, StringComparison.Ordinal);
    }

    public void Dispose() => _log.Dispose();
}
