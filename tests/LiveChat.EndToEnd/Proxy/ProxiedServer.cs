using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using LiveChat.EndToEnd.Crash;
using LiveChat.Server;
using LiveChat.Tests.Running;
using Xunit;

namespace LiveChat.EndToEnd.Proxy;

/// <summary>A real server, and the proxies in front of it that tests ask for: one of each kind.</summary>
public sealed class ProxiedServer : IAsyncLifetime
{
    private readonly ScratchDirectory _scratch = new();
    private readonly ConcurrentDictionary<string, RunningProxy> _proxies = new();
    private X509Certificate2? _certificate;
    private CrashServer? _server;

    internal Uri Direct => _server!.Endpoint;

    private string Data => Path.Combine(_scratch.Path, "data");

    public async ValueTask InitializeAsync() => await SetUp.OrEndAsync(this, static one => one.StartAsync());

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in _proxies.Values) await proxy.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
        _certificate?.Dispose();
        _scratch.Dispose();
    }

    /// <summary>Whether a proxy shows the certificate that it was given.</summary>
    internal bool IsOurs(X509Certificate? shown) =>
        shown is not null && shown.GetRawCertData().AsSpan().SequenceEqual(_certificate!.RawDataMemory.Span);

    internal string Token(string user) => LiveChatServer.MintToken(Data, user, TimeSpan.FromMinutes(30));

    /// <summary>The address of a proxy; the tests of a class come one after the other.</summary>
    internal async Task<Uri> BehindAsync(string proxy)
    {
        if (!_proxies.TryGetValue(proxy, out var running))
        {
            var folder = Directory.CreateDirectory(Path.Combine(_scratch.Path, proxy)).FullName;
            foreach (var file in (string[])["chat.pem", "chat.key"])
                File.Copy(Path.Combine(_scratch.Path, file), Path.Combine(folder, file), overwrite: true);
            running = _proxies[proxy] = await RunningProxy.StartAsync(proxy, folder, _server!.Endpoint);
        }

        return running.Address;
    }

    private async Task StartAsync()
    {
        WriteCertificate(_scratch.Path);
        _certificate = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(_scratch.Path, "chat.pem"));
        _server = await CrashServer.StartAsync(Data, CrashServer.FreeEndpoint());
    }

    /// <summary>A certificate and its key, <c>chat.pem</c> and <c>chat.key</c>.</summary>
    internal static void WriteCertificate(string folder)
    {
        using var key = RSA.Create(2_048);
        var request = new CertificateRequest(
            "CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(Path.Combine(folder, "chat.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "chat.key"), key.ExportPkcs8PrivateKeyPem());
    }
}
