namespace LiveChat.Cluster.Store;

/// <summary>Where the nodes of Cassandra are, who this server is to them, and how much it asks of them at once.
/// </summary>
internal sealed record CassandraOptions
{
    /// <summary>Nodes to ask first, names or addresses, separated by commas. One that answers names the others.
    /// </summary>
    public required string ContactPoints { get; init; }

    /// <summary>The CQL port of a contact point that names none.</summary>
    public int Port { get; init; } = 9042;

    /// <summary>The keyspace of this installation. Lower-case letters, digits and underscores, a letter first, at most
    /// 48 characters: no name needs quotation marks.</summary>
    public string Keyspace { get; init; } = "livechat";

    /// <summary>The data centre that requests go to; null for that of the first contact point that answers.</summary>
    public string? LocalDataCenter { get; init; }

    /// <summary>Replicas in the data centre of a keyspace that this server makes. 3 to 9; 1 with
    /// <see cref="SingleNode"/>.</summary>
    public int ReplicationFactor { get; init; } = 3;

    /// <summary>Accepts a keyspace with fewer than three replicas, which a broken disk loses. For trials only.
    /// </summary>
    public bool SingleNode { get; init; }

    /// <summary>This server's role at Cassandra; null where the nodes ask for nothing.</summary>
    public string? User { get; init; }

    /// <summary>The file with the role's password; set exactly when there is a user.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>Whether connections use TLS.</summary>
    public bool Tls { get; init; }

    /// <summary>A file with the certificates that sign those of the nodes, PEM; null for the system's.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>A file with the certificate and the key that this server shows, PEM; null for none.</summary>
    public string? ClientCertificate { get; init; }

    /// <summary>Reads under way, and writes under way; more of either wait. 1 to 4,096.</summary>
    public int RequestsAtOnce { get; init; } = 256;

    /// <summary>How long the message log keeps its records: replicas must keep deletions for longer.</summary>
    public TimeSpan LogKeptFor { get; init; } = TimeSpan.FromDays(7);
}
