using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using Confluent.Kafka;
using LiveChat.Cluster.Log;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Hosting;

/// <summary>The lines that go to standard output, and the message log.</summary>
internal sealed class LogOptions
{
    private const int MiB = 1024 * 1024;

    /// <summary>The lowest level that is written: <c>Trace</c>, <c>Debug</c>, <c>Information</c>, <c>Warning</c>,
    /// <c>Error</c>, <c>Critical</c>, or <c>None</c>.</summary>
    [EnumDataType(typeof(LogLevel))]
    public LogLevel Level { get; set; } = LogLevel.Information;

    /// <summary><c>Text</c> for people, or <c>Json</c>: an object a line, and nothing else on standard output.
    /// </summary>
    [EnumDataType(typeof(LogFormat))]
    public LogFormat Format { get; set; } = LogFormat.Text;

    /// <summary>Where the message log is: <c>RocksDb</c>, in the data folder, or <c>Kafka</c>. The options below are
    /// for <c>Kafka</c> only (docs/ops/kafka.md).</summary>
    [EnumDataType(typeof(LogKind))]
    public LogKind Kind { get; set; } = LogKind.RocksDb;

    /// <summary>The brokers to ask first, <c>host:port</c> with commas between them; one names all others.</summary>
    public string Brokers { get; set; } = "";

    /// <summary>The topic of the messages; the first start makes it.</summary>
    [RegularExpression("[A-Za-z0-9._-]{1,249}")]
    public string Topic { get; set; } = "chat-messages";

    /// <summary>Partitions of the topic; fixed when the topic is made.</summary>
    [Range(1, 4_096)]
    public int Partitions { get; set; } = 1_000;

    /// <summary>Whether a topic with one replica will do, which a broken disk loses: for trials only.</summary>
    public bool SingleBroker { get; set; }

    /// <summary>Raised by one when the topic was lost and another one takes its place.</summary>
    [Range(1, 4_095)]
    public int Generation { get; set; } = 1;

    /// <summary>Whether the connections to the brokers use TLS.</summary>
    public bool Tls { get; set; }

    /// <summary>A file with the certificates that sign those of the brokers (PEM); empty: the system's.</summary>
    public string CertificateAuthority { get; set; } = "";

    /// <summary>A file with the certificate that the server shows the brokers, behind it those that sign it (PEM);
    /// empty: none.</summary>
    public string ClientCertificate { get; set; } = "";

    /// <summary>A file with the private key of that certificate (PEM, without a password).</summary>
    public string ClientKey { get; set; } = "";

    /// <summary>How the server signs in to the brokers: <c>None</c>, <c>Plain</c>, <c>ScramSha256</c> or
    /// <c>ScramSha512</c>.</summary>
    [EnumDataType(typeof(LogMechanism))]
    public LogMechanism Mechanism { get; set; } = LogMechanism.None;

    /// <summary>The server's user at the brokers.</summary>
    public string User { get; set; } = "";

    /// <summary>A file with the user's password. It is read again while the server runs.</summary>
    public string PasswordFile { get; set; } = "";

    /// <summary>Seconds for which an append is tried; then its outcome is unknown.</summary>
    [Range(1, 120)]
    public int AppendSeconds { get; set; } = 20;

    /// <summary>Bytes of appends without an answer; above it sends are refused.</summary>
    [Range(MiB, 1024 * MiB)]
    public int AppendBytesMax { get; set; } = 64 * MiB;

    /// <summary>Bytes that each of the two groups reads ahead of its work, over all partitions.</summary>
    [Range(MiB, 1024 * MiB)]
    public int ReadAheadBytesMax { get; set; } = 64 * MiB;

    /// <param name="offsetsKeptFor">How long brokers must keep the groups' offsets.</param>
    public KafkaLogOptions ToKafka(TimeSpan offsetsKeptFor) => new()
    {
        Brokers = Brokers,
        Topic = Topic,
        Partitions = Partitions,
        SingleBroker = SingleBroker,
        Generation = Generation,
        Tls = Tls,
        CertificateAuthority = CertificateAuthority is { Length: > 0 } authority ? authority : null,
        ClientCertificate = ClientCertificate is { Length: > 0 } certificate ? certificate : null,
        ClientKey = ClientKey is { Length: > 0 } key ? key : null,
        Mechanism = Mechanism switch
        {
            LogMechanism.None => null,
            LogMechanism.Plain => SaslMechanism.Plain,
            LogMechanism.ScramSha256 => SaslMechanism.ScramSha256,
            LogMechanism.ScramSha512 => SaslMechanism.ScramSha512,
            _ => throw new UnreachableException($"{Mechanism}"),
        },
        User = User is { Length: > 0 } user ? user : null,
        PasswordFile = PasswordFile is { Length: > 0 } file ? file : null,
        AppendSeconds = AppendSeconds,
        AppendBytesMax = AppendBytesMax,
        ReadAheadBytesMax = ReadAheadBytesMax,
        OffsetsKeptFor = offsetsKeptFor,
    };
}
