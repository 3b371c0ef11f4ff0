using System.ComponentModel.DataAnnotations;
using LiveChat.Cluster.Store;

namespace LiveChat.Server.Hosting;

/// <summary>Where history, users and everything else is that outlives a server, but the message log.</summary>
internal sealed class StoreOptions
{
    /// <summary>Where it is: <c>RocksDb</c>, in the data folder, or <c>Cassandra</c>, which needs a log on Kafka. The
    /// options below are for <c>Cassandra</c> only (docs/ops/cassandra.md).</summary>
    [EnumDataType(typeof(StoreKind))]
    public StoreKind Kind { get; set; } = StoreKind.RocksDb;

    /// <summary>The nodes to ask first, <c>host</c> or <c>host:port</c> with commas between them; one names all others.
    /// </summary>
    public string ContactPoints { get; set; } = "";

    /// <summary>The CQL port of nodes that are named without one.</summary>
    [Range(1, 65_535)]
    public int Port { get; set; } = 9_042;

    /// <summary>The keyspace; the first start makes it. Another installation has another one.</summary>
    [RegularExpression("[a-z][a-z0-9_]{0,47}")]
    public string Keyspace { get; set; } = "livechat";

    /// <summary>The data centre whose nodes are asked; empty: that of the first node that answers.</summary>
    public string LocalDataCenter { get; set; } = "";

    /// <summary>Replicas of a keyspace that the first start makes.</summary>
    [Range(3, 9)]
    public int ReplicationFactor { get; set; } = 3;

    /// <summary>Whether a keyspace with one replica will do, which a broken disk loses: for trials only.</summary>
    public bool SingleNode { get; set; }

    /// <summary>The server's role at Cassandra; empty: none.</summary>
    public string User { get; set; } = "";

    /// <summary>A file with the role's password. It is read again while the server runs.</summary>
    public string PasswordFile { get; set; } = "";

    /// <summary>Whether the connections to the nodes use TLS.</summary>
    public bool Tls { get; set; }

    /// <summary>A file with the certificates that sign those of the nodes (PEM); empty: the system's.</summary>
    public string CertificateAuthority { get; set; } = "";

    /// <summary>A file with the certificate and the key that the server shows the nodes (PEM); empty: none.</summary>
    public string ClientCertificate { get; set; } = "";

    /// <summary>Reads under way, and writes under way; more of either wait.</summary>
    [Range(1, 4_096)]
    public int RequestsAtOnce { get; set; } = 256;

    /// <param name="logKeptFor">How long the message log keeps its records.</param>
    public CassandraOptions ToCassandra(TimeSpan logKeptFor) => new()
    {
        ContactPoints = ContactPoints,
        Port = Port,
        Keyspace = Keyspace,
        LocalDataCenter = LocalDataCenter is { Length: > 0 } center ? center : null,
        ReplicationFactor = ReplicationFactor,
        SingleNode = SingleNode,
        User = User is { Length: > 0 } user ? user : null,
        PasswordFile = PasswordFile is { Length: > 0 } file ? file : null,
        Tls = Tls,
        CertificateAuthority = CertificateAuthority is { Length: > 0 } authority ? authority : null,
        ClientCertificate = ClientCertificate is { Length: > 0 } certificate ? certificate : null,
        RequestsAtOnce = RequestsAtOnce,
        LogKeptFor = logKeptFor,
    };
}
