using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace LiveChat.Cluster.Tests.Presence;

/// <summary>A key and a certificate that signs itself, which servers of Redis show each other and their clients, and
/// clients show them.</summary>
internal sealed class RedisCertificates : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("livechat-redis-tls-").FullName;
    private readonly string _key;

    public RedisCertificates()
    {
        (Authority, _key, Both) = (FileOf("certificate"), FileOf("key"), FileOf("both"));
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=redis", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(Authority, certificate.ExportCertificatePem() + "\n");
        File.WriteAllText(_key, key.ExportPkcs8PrivateKeyPem() + "\n");
        File.WriteAllText(Both, File.ReadAllText(_key) + File.ReadAllText(Authority));

        string FileOf(string name) => Path.Combine(_folder, $"{name}.pem");
    }

    /// <summary>The certificate, which signs itself.</summary>
    public string Authority { get; }

    /// <summary>The certificate with its key.</summary>
    public string Both { get; }

    /// <summary>Of redis-cli.</summary>
    public string[] OptionsOfClient => ["--tls", "--cacert", Authority, "--cert", Authority, "--key", _key];

    /// <summary>Of a server or a sentinel: TLS only, also to others, and with certificates of both sides.</summary>
    public string[] OptionsOf(int port) =>
    [
        "--port", "0", "--tls-port", $"{port}", "--tls-replication", "yes", "--tls-auth-clients", "yes",
        "--tls-cert-file", Authority, "--tls-key-file", _key, "--tls-ca-cert-file", Authority,
    ];

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
