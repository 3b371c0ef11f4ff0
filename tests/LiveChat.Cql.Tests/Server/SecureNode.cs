using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace LiveChat.Cql.Tests.Server;

/// <summary>One node that asks for a password and speaks TLS only, with a certificate that is made here.</summary>
[CollectionDefinition(nameof(SecureNode), DisableParallelization = true)]
public sealed class SecureNode() : CassandraCluster(9342, 1, ("CASSANDRA_AUTH", "1")), ICollectionFixture<SecureNode>
{
    private const string StorePassword = "test-keystore";

    public X509Certificate2? Certificate { get; private set; }

    protected override async Task PrepareAsync()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        Certificate = X509CertificateLoader.LoadCertificate(certificate.Export(X509ContentType.Cert));
        var store = Path.Combine(Folder, "node.p12");
        await File.WriteAllBytesAsync(store, certificate.Export(X509ContentType.Pkcs12, StorePassword));
        await File.WriteAllTextAsync(
            Path.Combine(Folder, "extra.yaml"),
            $"""
            client_encryption_options:
              enabled: true
              optional: false
              store_type: PKCS12
              keystore: {store}
              keystore_password: {StorePassword}

            """);
    }

    protected override void Configure(CqlOptions options)
    {
        options.Username = "cassandra";
        options.Password = "cassandra";
        options.Tls = new CqlTlsOptions();
        if (Certificate is not null) options.Tls.TrustedCertificates.Add(Certificate);
    }
}
