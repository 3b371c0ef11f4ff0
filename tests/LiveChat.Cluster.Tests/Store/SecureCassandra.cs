using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using LiveChat.Cluster.Store;
using LiveChat.Cql;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Tests.Server;
using LiveChat.Tests.Running;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveChat.Cluster.Tests.Store;

/// <summary>
/// A node that speaks TLS only, asks for a certificate that it knows and for a password, and the roles that tests make
/// on it. All certificates are made here and sign themselves.
/// </summary>
public sealed class SecureCassandra()
    : CassandraCluster(FreePorts.ForService(1, PortsOfNode), 1, ("CASSANDRA_AUTH", "1"))
{
    private const int PortsOfNode = 3;

    /// <summary>The first role of every cluster, made some time after the node serves.</summary>
    private const string First = "cassandra";

    /// <summary>No certificate that the node knows.</summary>
    private const string Stranger = "stranger";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private int _roles;

    public string Authority => FileOf("node-certificate");

    public string StrangersCertificate => FileOf($"{Stranger}-certificate");

    public string StrangersKeyAndCertificate => FileOf(Stranger);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A role that may do nothing, and the options of a server that has it and a keyspace of its own.
    /// </summary>
    internal async Task<CassandraOptions> NewRoleAsync()
    {
        Require();
        var name = $"role_{Interlocked.Increment(ref _roles)}";
        var options = OptionsOf(name, $"password of {name}");
        await ExecuteAsync($"CREATE ROLE {name} WITH PASSWORD = 'password of {name}' AND LOGIN = true");
        return options with { Keyspace = $"of_{name}" };
    }

    /// <summary>As the first role.</summary>
    internal async Task ExecuteAsync(string cql)
    {
        await using var session = await ConnectAsync();
        using var rows = await session.ExecuteAsync(new SimpleStatement(cql), Token);
    }

    /// <summary>What the first role sees of a keyspace.</summary>
    internal async Task<CassandraFacts> FactsAsync(CassandraOptions options)
    {
        await using var session = await ConnectAsync();
        return await CassandraFacts.ReadAsync(session, options, TimeProvider.System, Token);
    }

    protected override async Task PrepareAsync()
    {
        await WriteCertificateAsync("node", FileOf("node"), Authority);
        foreach (var client in (string[])[First, Stranger])
            await WriteCertificateAsync(client, FileOf(client), FileOf($"{client}-certificate"));
        await File.WriteAllTextAsync(
            Path.Combine(Folder, "extra.yaml"),
            $"""
            client_encryption_options:
              enabled: true
              optional: false
              require_client_auth: true
              ssl_context_factory:
                class_name: org.apache.cassandra.security.PEMBasedSslContextFactory
              keystore: {FileOf("node")}
              truststore: {FileOf($"{First}-certificate")}

            """);
    }

    /// <summary>As the first role. Waits until there is one.</summary>
    private async Task<CqlSession> ConnectAsync()
    {
        while (true)
        {
            try
            {
                return await CassandraConnection.ConnectAsync(
                    OptionsOf(First, First), NullLoggerFactory.Instance, Token);
            }
            catch (CqlException)
            {
                await Task.Delay(Pause, TimeProvider.System, Token);
            }
        }
    }

    private CassandraOptions OptionsOf(string role, string password)
    {
        var file = FileOf($"password-{role}");
        File.WriteAllText(file, password + "\n");
        return new CassandraOptions
        {
            ContactPoints = string.Join(',', Nodes),
            SingleNode = true,
            User = role,
            PasswordFile = file,
            Tls = true,
            CertificateAuthority = Authority,
            ClientCertificate = FileOf(First),
        };
    }

    private string FileOf(string name) => Path.Combine(Folder, $"{name}.pem");

    /// <param name="name">The subject.</param>
    /// <param name="both">The file for the key and the certificate.</param>
    /// <param name="certificateOnly">The file for the certificate.</param>
    private static async Task WriteCertificateAsync(string name, string both, string certificateOnly)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        await File.WriteAllTextAsync(certificateOnly, certificate.ExportCertificatePem() + "\n");
        await File.WriteAllTextAsync(
            both, $"{key.ExportPkcs8PrivateKeyPem()}\n{certificate.ExportCertificatePem()}\n");
    }
}
