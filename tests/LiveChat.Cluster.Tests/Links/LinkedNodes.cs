using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using LiveChat.Cluster.Links;
using LiveChat.Cluster.Tests.Log;
using LiveChat.Core.Links;

namespace LiveChat.Cluster.Tests.Links;

/// <summary>Nodes of one test that have links over real sockets, and the files that they need.</summary>
internal sealed class LinkedNodes : IAsyncDisposable
{
    private readonly List<GrpcLinks> _open = [];

    public LinkedNodes() => Secret = NewSecret();

    /// <summary>What the nodes have logged.</summary>
    public HeardLines Heard { get; } = new();

    /// <summary>The file of the secret.</summary>
    public string Secret { get; }

    private string Folder { get; } = Directory.CreateTempSubdirectory("livechat-links-").FullName;

    /// <summary>A file with secrets that no other one has.</summary>
    public string NewSecret(params string[] others)
    {
        var file = Path.Combine(Folder, RandomNumberGenerator.GetHexString(8));
        File.WriteAllLines(file, others.Length == 0 ? [RandomNumberGenerator.GetHexString(64)] : others);
        return file;
    }

    /// <summary>A node with these options; by itself it has the secret.</summary>
    public async Task<GrpcLinks> OpenAsync(Func<LinkOptions, LinkOptions>? change = null)
    {
        var options = new LinkOptions { Listen = "localhost:0", SecretFile = Secret };
        var links = await GrpcLinks.OpenAsync(
            change is null ? options : change(options), TimeProvider.System, Heard, CancellationToken.None);
        _open.Add(links);
        return links;
    }

    /// <summary>A certificate for localhost, for both directions, that the authority signs; a new authority when none
    /// is given.</summary>
    public LinkTlsFiles NewCertificate(string name, string authorityName)
    {
        var authority = Path.Combine(Folder, $"{authorityName}.pem");
        var authorityKey = Path.Combine(Folder, $"{authorityName}.key");
        var now = TimeProvider.System.GetUtcNow();
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (!File.Exists(authority))
        {
            var request = new CertificateRequest($"CN={authorityName}", rootKey, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            using var root = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
            File.WriteAllText(authority, root.ExportCertificatePem());
            File.WriteAllText(authorityKey, rootKey.ExportPkcs8PrivateKeyPem());
        }

        using var signer = X509Certificate2.CreateFromPemFile(authority, authorityKey);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var own = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        own.CertificateExtensions.Add(names.Build());
        own.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        using var certificate = own.Create(
            signer, now.AddDays(-1), now.AddDays(20), RandomNumberGenerator.GetBytes(8));
        var files = new LinkTlsFiles(
            Path.Combine(Folder, $"{name}.pem"), Path.Combine(Folder, $"{name}.key"), authority);
        File.WriteAllText(files.Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(files.Key, key.ExportPkcs8PrivateKeyPem());
        return files;
    }

    public static NodeEntry EntryOf(string name, int port, string host = "localhost") =>
        new(name, $"{host}:{port}", NodeRoles.All, 2, 3, "1.0", 1);

    public async ValueTask DisposeAsync()
    {
        foreach (var links in _open) await links.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
