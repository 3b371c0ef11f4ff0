using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using LiveChat.Cluster.Log;

namespace LiveChat.Cluster.Tests.Log;

/// <summary>
/// One broker with TLS, users and rights. The name in its certificate, made here, is localhost. The user of the server
/// has what docs/ops/kafka.md asks for; a client without TLS may do everything.
/// </summary>
public sealed class SecureBroker() : KafkaBrokers(1)
{
    public const string User = "livechat";
    public const string Stranger = "stranger";
    public const string FirstPassword = "first-password";
    private const string StorePassword = "test-keystore";

    /// <summary>Where clients sign in, by a name of the certificate.</summary>
    public string SecureAddress => $"localhost:{Port + 2}";

    /// <summary>The same by an address that the certificate does not name.</summary>
    public string UnnamedAddress => $"127.0.0.1:{Port + 2}";

    /// <summary>Where clients show a certificate instead of a password.</summary>
    public string MutualAddress => $"localhost:{Port + 3}";

    public string AuthorityFile => Path.Combine(Folder, "authority.pem");

    public string PasswordFile => Path.Combine(Folder, "password");

    protected override bool MayBeAnother => false;

    /// <summary>Options of a server that may sign in.</summary>
    internal KafkaLogOptions Options() => OpenLog.Options(Addresses) with
    {
        Brokers = SecureAddress,
        Tls = true,
        CertificateAuthority = AuthorityFile,
        Mechanism = SaslMechanism.ScramSha512,
        User = User,
        PasswordFile = PasswordFile,
    };

    /// <summary>Options of a server that shows its certificate.</summary>
    internal KafkaLogOptions MutualOptions() => OpenLog.Options(Addresses) with
    {
        Brokers = MutualAddress,
        Tls = true,
        CertificateAuthority = AuthorityFile,
        ClientCertificate = CertificateOf(User),
        ClientKey = KeyOf(User),
    };

    /// <summary>A certificate of a client: brokers know that of the server, and not the stranger's.</summary>
    public string CertificateOf(string client) => Path.Combine(Folder, $"{client}.pem");

    public string KeyOf(string client) => Path.Combine(Folder, $"{client}.key");

    /// <summary>May do everything.</summary>
    public IAdminClient Admin() =>
        new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Addresses }).Build();

    public async Task SetPasswordAsync(string password)
    {
        using var admin = Admin();
        await admin.AlterUserScramCredentialsAsync(
            [
                new UserScramCredentialUpsertion
                {
                    User = User,
                    ScramCredentialInfo =
                        new ScramCredentialInfo { Mechanism = ScramMechanism.ScramSha512, Iterations = 4_096 },
                    Password = System.Text.Encoding.UTF8.GetBytes(password),
                },
            ]);
        await File.WriteAllTextAsync(PasswordFile, password + "\n");
    }

    public async Task GrantAsync()
    {
        using var admin = Admin();
        await admin.CreateAclsAsync(Rights());
    }

    /// <summary>Takes the right to write to topics away.</summary>
    public async Task RevokeWriteAsync()
    {
        using var admin = Admin();
        await admin.DeleteAclsAsync(Rights()
            .Where(static right => right.Entry.Operation is AclOperation.Write)
            .Select(static right => right.ToFilter()));
    }

    protected override async Task PrepareAsync()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var store = Path.Combine(Folder, "broker.p12");
        await File.WriteAllBytesAsync(store, certificate.Export(X509ContentType.Pkcs12, StorePassword));
        await File.WriteAllTextAsync(AuthorityFile, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(PasswordFile, FirstPassword + "\n");
        foreach (var client in (string[])[User, Stranger]) await WriteClientAsync(client);
        var (open, controller, secure) = ($"127.0.0.1:{Port}", $"127.0.0.1:{Port + 1}", SecureAddress);
        const string Security = "org.apache.kafka.common.security";
        await File.WriteAllTextAsync(
            Path.Combine(Folder, "extra.properties"),
            $"""
            listeners=PLAINTEXT://{open},CONTROLLER://{controller},SECURE://{UnnamedAddress},\
              MUTUAL://127.0.0.1:{Port + 3}
            advertised.listeners=PLAINTEXT://{open},SECURE://{secure},MUTUAL://{MutualAddress}
            listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL,MUTUAL:SSL
            listener.name.secure.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
            listener.name.secure.plain.sasl.jaas.config={Security}.plain.PlainLoginModule required \
              user_{User}="{FirstPassword}";
            listener.name.secure.scram-sha-512.sasl.jaas.config={Security}.scram.ScramLoginModule required;
            listener.name.secure.ssl.keystore.type=PKCS12
            listener.name.secure.ssl.keystore.location={store}
            listener.name.secure.ssl.keystore.password={StorePassword}
            listener.name.secure.ssl.key.password={StorePassword}
            listener.name.mutual.ssl.keystore.type=PKCS12
            listener.name.mutual.ssl.keystore.location={store}
            listener.name.mutual.ssl.keystore.password={StorePassword}
            listener.name.mutual.ssl.key.password={StorePassword}
            listener.name.mutual.ssl.client.auth=required
            listener.name.mutual.ssl.truststore.type=PEM
            listener.name.mutual.ssl.truststore.location={CertificateOf(User)}
            listener.name.mutual.ssl.principal.mapping.rules=RULE:^CN=(.*)$/$1/
            connections.max.reauth.ms=3000
            authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
            super.users=User:ANONYMOUS

            """);
    }

    protected override async Task PreparedAsync()
    {
        await SetPasswordAsync(FirstPassword);
        await GrantAsync();
    }

    private async Task WriteClientAsync(string client)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={client}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        await File.WriteAllTextAsync(CertificateOf(client), certificate.ExportCertificatePem() + "\n");
        await File.WriteAllTextAsync(KeyOf(client), key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    private static List<AclBinding> Rights()
    {
        (ResourceType Type, string Name, ResourcePatternType Pattern, AclOperation[] Operations)[] granted =
        [
            (ResourceType.Topic, "chat-messages", ResourcePatternType.Prefixed,
                [AclOperation.Create, AclOperation.DescribeConfigs, AclOperation.Read, AclOperation.Write,
                    AclOperation.Delete]),
            (ResourceType.Group, "history-writers", ResourcePatternType.Literal, [AclOperation.Read]),
            (ResourceType.Group, "delivery-workers", ResourcePatternType.Literal, [AclOperation.Read]),
            (ResourceType.Broker, "kafka-cluster", ResourcePatternType.Literal,
                [AclOperation.Describe, AclOperation.DescribeConfigs, AclOperation.IdempotentWrite]),
        ];
        return
        [
            .. from one in granted
               from operation in one.Operations
               select new AclBinding
               {
                   Pattern = new ResourcePattern
                   {
                       Type = one.Type, Name = one.Name, ResourcePatternType = one.Pattern,
                   },
                   Entry = new AccessControlEntry
                   {
                       Principal = $"User:{User}",
                       Host = "*",
                       Operation = operation,
                       PermissionType = AclPermissionType.Allow,
                   },
               },
        ];
    }
}
