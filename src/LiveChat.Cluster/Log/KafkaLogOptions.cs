using Confluent.Kafka;

namespace LiveChat.Cluster.Log;

/// <summary>Where the log's brokers are, who this node is to them, and how much it keeps in memory.</summary>
internal sealed record KafkaLogOptions
{
    /// <summary>The brokers to ask first, <c>host:port</c>, separated by commas. One that answers names the others.
    /// </summary>
    public required string Brokers { get; init; }

    /// <summary>The topic of the chats' records. 1 to 249 characters of <c>[A-Za-z0-9._-]</c>.</summary>
    public string Topic { get; init; } = "chat-messages";

    /// <summary>How many partitions the topic has; a topic that has another number is refused. 1 to 4,096.</summary>
    public int Partitions { get; init; } = 1_000;

    /// <summary>Accepts a topic with one replica, which a broken disk loses. For trials only.</summary>
    public bool SingleBroker { get; init; }

    /// <summary>The generation of the positions. 1 to 4,095; raised by an operator when the topic is another one.
    /// </summary>
    public int Generation { get; init; } = 1;

    /// <summary>Whether connections use TLS.</summary>
    public bool Tls { get; init; }

    /// <summary>How the node proves who it is; null where the brokers ask for nothing.</summary>
    public SaslMechanism? Mechanism { get; init; }

    /// <summary>The node's user at the brokers; set exactly when there is a mechanism.</summary>
    public string? User { get; init; }

    /// <summary>The file with the user's password; set exactly when there is a mechanism.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>A file with the certificates that sign those of the brokers, PEM; null for the system's.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>A file with the certificate that the node shows the brokers, PEM; null for none.</summary>
    public string? ClientCertificate { get; init; }

    /// <summary>The file with its private key, PEM; set exactly when there is a certificate.</summary>
    public string? ClientKey { get; init; }

    /// <summary>How long an append is tried before its outcome is called unknown. 1 to 120 s.</summary>
    public int AppendSeconds { get; init; } = 20;

    /// <summary>Bytes of appends that may be in flight; above it appends are refused. 1 MiB to 1 GiB.</summary>
    public int AppendBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes that the partitions of a group have read ahead of their workers together. 1 MiB to 1 GiB.
    /// </summary>
    public int ReadAheadBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>Where the chats' history is, as sentences call it.</summary>
    public string Home { get; init; } = "data folder";

    /// <summary>How long brokers must keep the groups' offsets: as long as the log keeps records.</summary>
    public TimeSpan OffsetsKeptFor { get; init; } = TimeSpan.FromDays(7);
}
