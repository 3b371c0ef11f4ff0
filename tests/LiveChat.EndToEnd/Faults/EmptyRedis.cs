using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using LiveChat.Tests.Running;

namespace LiveChat.EndToEnd.Faults;

/// <summary>A Redis with the users of the cluster's and without an entry: a replica that was promoted before it had
/// copied anything.</summary>
internal sealed class EmptyRedis : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly Process _process;

    private EmptyRedis(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <param name="cluster">The folder of the cluster.</param>
    public static Task<EmptyRedis> StartAsync(string cluster)
    {
        var port = FreePorts.ForService(nodes: 1, consecutive: 1);
        var start = new ProcessStartInfo(
            "redis-server",
            [
                "--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "",
                "--aclfile", Path.Combine(cluster, "redis", "users.acl"), "--logfile", "/dev/null",
            ])
        {
            WorkingDirectory = cluster,
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException("redis-server did not start.");
        return SetUp.OrEndAsync(new EmptyRedis(process, port), static redis => redis.UntilItListensAsync());
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task UntilItListensAsync()
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        while (true)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, Port, limit.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
            }
        }
    }
}
