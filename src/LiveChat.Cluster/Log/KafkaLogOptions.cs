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

    /// <summary>How the connections are protected.</summary>
    public SecurityProtocol Security { get; init; } = SecurityProtocol.Plaintext;

    /// <summary>How the node proves who it is; null where the protocol asks for nothing.</summary>
    public SaslMechanism? SaslMechanism { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }

    /// <summary>A file with the certificates that sign those of the brokers, PEM; null for the system's.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>How long an append is tried before its outcome is called unknown. 1 to 120 s.</summary>
    public int AppendSeconds { get; init; } = 20;

    /// <summary>Bytes of appends that may be in flight; above it appends are refused. 1 MiB to 1 GiB.</summary>
    public int AppendBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes that one partition may have read ahead of its worker. 64 KiB to 64 MiB.</summary>
    public int ReadAheadBytesMax { get; init; } = 1024 * 1024;

    /// <summary>What every consumer is given: it commits and moves nothing by itself.</summary>
    public ConsumerConfig Consumer(string role, string group)
    {
        var config = Client<ConsumerConfig>(role);
        config.GroupId = group;
        config.EnableAutoCommit = false;
        config.EnableAutoOffsetStore = false;
        config.AutoOffsetReset = AutoOffsetReset.Error;
        config.CheckCrcs = true;
        config.Set("fetch.queue.backoff.ms", "10");
        return config;
    }

    /// <summary>What every client of the brokers is given.</summary>
    public T Client<T>(string role)
        where T : ClientConfig, new() => new()
        {
            BootstrapServers = Brokers,
            ClientId = $"livechat-{role}",
            SecurityProtocol = Security,
            SaslMechanism = SaslMechanism,
            SaslUsername = User,
            SaslPassword = Password,
            SslCaLocation = CertificateAuthority,
            SslEndpointIdentificationAlgorithm = SslEndpointIdentificationAlgorithm.Https,
            ReconnectBackoffMs = 100,
            ReconnectBackoffMaxMs = 2_000,
            SocketKeepaliveEnable = true,
        };
}
