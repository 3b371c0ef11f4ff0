using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using LiveChat.EndToEnd.Crash;
using LiveChat.Server;

namespace LiveChat.EndToEnd.Proxy;

/// <summary>Three servers with one secret and stores of their own, which tell by the epoch of their store who answers;
/// and a proxy in front.</summary>
internal sealed class StickyServers : IAsyncDisposable
{
    private const int Count = 3;

    private readonly ScratchDirectory _scratch = new();
    private readonly List<CrashServer> _servers = [];
    private X509Certificate2? _certificate;
    private RunningProxy? _proxy;

    private string Secret => Path.Combine(_scratch.Path, "secret");

    private Uri Address => _proxy!.Address;

    /// <param name="proxy">Which one stands in front.</param>
    /// <param name="count">How many servers.</param>
    /// <param name="options">What is set beside the environment of the tests.</param>
    public async Task StartAsync(
        string proxy, int count = Count, IReadOnlyDictionary<string, string>? options = null)
    {
        await File.WriteAllTextAsync(Secret, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Secret, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var environment = new Dictionary<string, string>(options ?? new Dictionary<string, string>())
        {
            ["LIVECHAT__TOKENS__SECRETFILE"] = Secret,
        };
        for (var i = 0; i < count; i++)
            _servers.Add(await CrashServer.StartAsync(Folder(i), CrashServer.FreeEndpoint(), environment));
        ProxiedServer.WriteCertificate(_scratch.Path);
        _certificate = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(_scratch.Path, "chat.pem"));
        _proxy = await RunningProxy.StartAsync(
            proxy, _scratch.Path, [.. _servers.Select(static server => server.Endpoint)]);
    }

    /// <summary>Ends a server as a lost machine does.</summary>
    public Task LoseAsync(int number) => _servers[number].KillAsync();

    /// <summary>Which server has this epoch.</summary>
    public async Task<IReadOnlyList<string>> EpochsAsync()
    {
        var epochs = new List<string>();
        foreach (var server in _servers)
        {
            using var http = new HttpClient { BaseAddress = server.Endpoint };
            using var device = new RequestDevice(http, RouteOf("nobody"));
            epochs.Add((await device.ConnectAsync(Token("nobody"), byStream: false)).Epoch);
        }

        return epochs;
    }

    /// <summary>A client of the proxy, at an address of its own on the loopback.</summary>
    public SocketsHttpHandler HandlerFrom(IPAddress address)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
                {
                    NoDelay = true,
                };
                socket.Bind(new IPEndPoint(address, 0));
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) =>
            shown is not null && shown.GetRawCertData().AsSpan().SequenceEqual(_certificate!.RawDataMemory.Span);
        return handler;
    }

    public Uri At(string path) => new(Address, path);

    public HttpClient NewClient() => new(HandlerFrom(IPAddress.Loopback)) { BaseAddress = Address };

    /// <summary>The secret is that of the first folder as well.</summary>
    public string Token(string user)
    {
        var path = Path.Combine(Folder(0), "secret");
        if (!File.Exists(path)) File.Copy(Secret, path);
        return LiveChatServer.MintToken(Folder(0), user, TimeSpan.FromHours(1));
    }

    /// <summary>The first 16 hex digits of SHA-256 of the user's id.</summary>
    public static string RouteOf(string user) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(user)))[..16];

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null) await _proxy.DisposeAsync();
        foreach (var server in _servers) await server.DisposeAsync();
        _certificate?.Dispose();
        _scratch.Dispose();
    }

    private string Folder(int number) => Path.Combine(_scratch.Path, $"data{number}");
}
