using System.Net.Sockets;
using System.Text;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Running;

/// <summary>What a server tells the service manager that started it.</summary>
public sealed class ReadinessTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_says_when_it_takes_sessions_and_when_it_goes_away(bool isAbstract)
    {
        using var folder = new ScratchDirectory();
        var name = Path.Combine(folder.Path, "notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(isAbstract ? $"\0{name}" : name));
        await using var server = await CrashServer.StartAsync(
            Path.Combine(folder.Path, "data"),
            CrashServer.FreeEndpoint(),
            new Dictionary<string, string> { ["NOTIFY_SOCKET"] = isAbstract ? $"@{name}" : name });
        Assert.Equal($"READY=1\nSTATUS=Listens on {server.Endpoint}", await HearAsync(manager));

        await server.StopAsync();
        Assert.Equal("STOPPING=1\nSTATUS=Drains", await HearAsync(manager));
        Assert.Equal(0, manager.Available);
    }

    [Fact]
    public async Task A_manager_that_is_gone_ends_no_server()
    {
        using var folder = new ScratchDirectory();
        await using var server = await CrashServer.StartAsync(
            Path.Combine(folder.Path, "data"),
            CrashServer.FreeEndpoint(),
            new Dictionary<string, string> { ["NOTIFY_SOCKET"] = Path.Combine(folder.Path, "nobody") });
        await server.TerminateAsync();
        var (exitCode, said) = await server.ExitAsync();
        Assert.Equal(0, exitCode);
        Assert.Contains("systemd was not told", said, StringComparison.Ordinal);
    }

    private static async Task<string> HearAsync(Socket manager)
    {
        var word = new byte[1024];
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        return Encoding.UTF8.GetString(word, 0, await manager.ReceiveAsync(word, limit.Token));
    }
}
