namespace LiveChat.Server.Hosting;

/// <summary>How the server proves to Kafka's brokers who it is.</summary>
internal enum LogMechanism
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>SASL/PLAIN: the password itself, under TLS.</summary>
    Plain = 1,

    /// <summary>SASL/SCRAM-SHA-256.</summary>
    ScramSha256 = 2,

    /// <summary>SASL/SCRAM-SHA-512.</summary>
    ScramSha512 = 3,
}
