using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using LiveChat.EndToEnd.Crash;
using LiveChat.Tests.Running;

namespace LiveChat.EndToEnd.Proxy;

/// <summary>
/// Debian's NGINX, HAProxy or Caddy in a process of its own, with what deploy/ has for it: only the addresses and the
/// files' places are other ones.
/// </summary>
internal sealed class RunningProxy : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly StringBuilder _said = new();
    private Process? _process;

    private RunningProxy(Uri address) => Address = address;

    /// <summary>Where it listens with TLS.</summary>
    public Uri Address { get; }

    /// <param name="proxy">Its name.</param>
    /// <param name="scratch">A folder with the certificate <c>chat.pem</c> and its key <c>chat.key</c>.</param>
    /// <param name="servers">The servers behind it.</param>
    public static Task<RunningProxy> StartAsync(string proxy, string scratch, params Uri[] servers)
    {
        var (secure, plain) = (CrashServer.FreeEndpoint(), CrashServer.FreeEndpoint());
        var running = new RunningProxy(new Uri($"https://localhost:{secure.Port}"));
        return SetUp.OrEndAsync(running, async one =>
        {
            var arguments = await ConfigureAsync(proxy, scratch, servers, secure.Port, plain.Port);
            await one.BeginAsync(proxy, arguments, scratch);
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null) return;
        if (!_process.HasExited) await Shell.RunAsync("kill", "-TERM", $"{_process.Id}");
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task<string[]> ConfigureAsync(
        string proxy, string scratch, Uri[] servers, int secure, int plain)
    {
        // One line for each server, as an operator writes them; Caddy has all of them in one.
        string Lines(string line) => string.Join('\n', servers.Select((server, i) => line
            .Replace("node1", $"node{i + 1}", StringComparison.Ordinal)
            .Replace("livechat:8080", server.Authority, StringComparison.Ordinal)));

        async Task<string> PutAsync(string file, params (string From, string To)[] changes)
        {
            var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Proxy", proxy, file));
            foreach (var (from, to) in changes)
                text = text.Replace(from, to, StringComparison.Ordinal);
            var path = Path.Combine(scratch, file);
            await File.WriteAllTextAsync(path, text);
            return path;
        }

        switch (proxy)
        {
            case "nginx":
                foreach (var file in (string[])["livechat.conf", "livechat.http", "livechat.server"])
                    await PutAsync(
                        file,
                        ("    server livechat:8080;", Lines("    server livechat:8080;")),
                        ("/etc/nginx/conf.d/", $"{scratch}/"),
                        ("/etc/nginx/tls/", $"{scratch}/"),
                        ("listen 443 ssl", $"listen 127.0.0.1:{secure} ssl"),
                        ("listen 80", $"listen 127.0.0.1:{plain}"));
                var main = Path.Combine(scratch, "nginx.conf");
                await File.WriteAllTextAsync(
                    main,
                    $"daemon off;\npid {scratch}/nginx.pid;\nerror_log stderr;\nevents {{ }}\n"
                    + $"http {{ access_log off; include {scratch}/livechat.conf; }}\n");
                return ["-p", scratch, "-c", main];
            case "haproxy":
                await File.WriteAllTextAsync(
                    Path.Combine(scratch, "both.pem"),
                    await File.ReadAllTextAsync(Path.Combine(scratch, "chat.pem")) + "\n"
                    + await File.ReadAllTextAsync(Path.Combine(scratch, "chat.key")));
                var haproxy = await PutAsync(
                    "haproxy.cfg",
                    ("    server node1 livechat:8080 check", Lines("    server node1 livechat:8080 check")),
                    ("/etc/haproxy/tls/chat.pem", $"{scratch}/both.pem"),
                    ("bind :443", $"bind 127.0.0.1:{secure}"),
                    ("bind :80", $"bind 127.0.0.1:{plain}"));
                return ["-db", "-f", haproxy];
            default:
                var caddy = await PutAsync(
                    "Caddyfile",
                    ("livechat:8080", string.Join(' ', servers.Select(static server => server.Authority))),
                    ("/etc/caddy/tls/", $"{scratch}/"),
                    ("chat.example {", $"{{\n\tadmin off\n\thttp_port {plain}\n}}\n\nhttps://localhost:{secure} {{"));
                return ["run", "--adapter", "caddyfile", "--config", caddy];
        }
    }

    private async Task BeginAsync(string proxy, string[] arguments, string scratch)
    {
        var start = new ProcessStartInfo(proxy, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["HOME"] = scratch },
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{proxy} did not start.");
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(Patience);
        while (!await ListensAsync(limit.Token))
        {
            lock (_said)
                if (_process.HasExited)
                    throw new InvalidOperationException($"{proxy} ended with {_process.ExitCode}: {_said}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }

        void Hear(string? line)
        {
            lock (_said) _said.AppendLine(line);
        }
    }

    private async Task<bool> ListensAsync(CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, Address.Port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
