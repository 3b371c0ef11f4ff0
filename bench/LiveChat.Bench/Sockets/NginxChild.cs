using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace LiveChat.Bench.Sockets;

/// <summary>Debian's NGINX in front of a server, with the files of <c>deploy/nginx</c> but for the limits of one
/// address, in one process of its own and without TLS.</summary>
internal sealed class NginxChild : IAsyncDisposable
{
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly Process _process;
    private readonly string _folder;

    private NginxChild(Process process, string folder, Uri endpoint) =>
        (_process, _folder, Endpoint) = (process, folder, endpoint);

    public Uri Endpoint { get; }

    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static async Task<NginxChild> StartAsync(Uri server)
    {
        var folder = Directory.CreateTempSubdirectory("livechat-nginx-").FullName;
        var port = FreePort.Find();
        foreach (var file in (string[])["local.conf", "livechat.http", "livechat.server"])
        {
            var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "nginx", file));
            foreach (var (from, to) in ((string, string)[])[
                ("/etc/nginx/conf.d/", $"{folder}/"), ("listen 80", $"listen 127.0.0.1:{port}"),
                ("livechat:8080", server.Authority), ("rate=50r/s", "rate=1000000r/s"),
                ("burst=200", "burst=1000000"), // A millisecond of all devices comes at once.
                ("livechat_connections 1000", "livechat_connections 60000")])
                text = text.Replace(from, to, StringComparison.Ordinal);
            await File.WriteAllTextAsync(Path.Combine(folder, file), text);
        }

        var main = Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(
            main,
            $"daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/errors;\n"
            + "events { worker_connections 20000; }\n"
            + $"http {{ access_log off; include {folder}/local.conf; }}\n");
        var process = Process.Start(new ProcessStartInfo("nginx", ["-p", folder, "-c", main]))
            ?? throw new InvalidOperationException("nginx did not start.");
        var nginx = new NginxChild(process, folder, new Uri($"http://127.0.0.1:{port}"));
        using var limit = new CancellationTokenSource(StartWithin, TimeProvider.System);
        while (!await ListensAsync(port, limit.Token))
        {
            if (process.HasExited) throw new InvalidOperationException($"nginx ended with {process.ExitCode}.");
            await Task.Delay(Look, TimeProvider.System, limit.Token);
        }

        return nginx;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<bool> ListensAsync(int port, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
