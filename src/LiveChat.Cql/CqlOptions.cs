using System.Net;
using System.Security.Cryptography;
using LiveChat.Cql.Connections;
using LiveChat.Cql.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveChat.Cql;

/// <summary>
/// How to reach a cluster and how to treat it. The defaults fit production; only contact points are needed.
/// </summary>
public sealed class CqlOptions
{
    /// <summary>Nodes to begin with, at least one. The others are found through them.</summary>
    public IList<EndPoint> ContactPoints { get; } = [];

    /// <summary>The keyspace of names that have none, which must exist; case-sensitive; null for none.</summary>
    public string? Keyspace { get; set; }

    /// <summary>
    /// The data centre to send requests to; null for that of the first contact point which answers.
    /// </summary>
    public string? LocalDataCenter { get; set; }

    /// <summary>The user for password authentication (SASL PLAIN); null when the server asks for none.</summary>
    public string? Username { get; set; }

    /// <summary>
    /// The user's password. Sent in the clear unless <see cref="Tls"/> is set. The one option that may be changed while
    /// a session runs: the next connection shows the new one.
    /// </summary>
    public string? Password { get; set; }

    /// <summary>TLS with verification; null for none.</summary>
    public CqlTlsOptions? Tls { get; set; }

    /// <summary>The newest protocol to try; an older server is asked again with v4.</summary>
    public ProtocolVersion ProtocolVersionMax { get; set; } = ProtocolVersion.V5;

    /// <summary>How many replicas must have answered where the statement does not say.</summary>
    public Consistency Consistency { get; set; } = Consistency.LocalQuorum;

    /// <summary>Rows per page where the statement does not say; 0 for all at once.</summary>
    public int PageSize { get; set; } = 1000;

    /// <summary>For a connection with TLS and authentication to be made.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// For one attempt, waiting for a stream included. Above the server's own time-outs (read 5 s, write 2 s).
    /// </summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(6);

    /// <summary>Connections to each node of the local data centre.</summary>
    public int ConnectionsPerNode { get; set; } = 1;

    /// <summary>Requests under way on one connection, up to 32,768; more wait.</summary>
    public int InFlightMax { get; set; } = 1024;

    /// <summary>Requests that wait for a stream of one connection; more are refused.</summary>
    public int WaitingMax { get; set; } = 65_536;

    /// <summary>
    /// Streams whose request was given up and not answered yet, before the connection is replaced. What is under way on
    /// it goes on, unless nothing at all is received for <see cref="HeartbeatTimeout"/>.
    /// </summary>
    public int OrphansMax { get; set; } = 256;

    /// <summary>
    /// The largest request and the largest response, in bytes. A server takes 16 MiB by default. A request above throws
    /// <see cref="ArgumentException"/>, a response <see cref="Errors.CqlTooLargeException"/>.
    /// </summary>
    public int BodyBytesMax { get; set; } = 64 * 1024 * 1024;

    /// <summary>A connection on which nothing was received for so long is asked whether it is alive.</summary>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>… and is replaced when it does not answer within this.</summary>
    public TimeSpan HeartbeatTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The first pause before a node is tried again; doubled each time, with full jitter.</summary>
    public TimeSpan ReconnectDelayMin { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest pause before a node is tried again.</summary>
    public TimeSpan ReconnectDelayMax { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often an idempotent statement is tried on another replica after its first attempt failed.</summary>
    public int RetriesMax { get; set; } = 2;

    /// <summary>A read without an answer after this is sent to another replica as well; null for never.</summary>
    public TimeSpan? SpeculativeDelay { get; set; }

    /// <summary>How many more replicas are asked that way, one each <see cref="SpeculativeDelay"/>.</summary>
    public int SpeculativeMax { get; set; } = 1;

    /// <summary>How long a schema statement waits until all nodes have the same schema.</summary>
    public TimeSpan SchemaAgreementTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long closing waits for requests under way.</summary>
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The clock of time-outs, pauses and heartbeats.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>For jitter alone. Used under a lock.</summary>
    public Random Random { get; set; } = new(RandomNumberGenerator.GetInt32(int.MaxValue));

    /// <summary>Where logs go. They name nodes, tables and errors, never values.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>What a timer can wait for.</summary>
    internal static readonly TimeSpan TimeMax = TimeSpan.FromDays(24);

    internal void Validate()
    {
        if (ContactPoints.Count == 0) throw new ArgumentException("At least one contact point is needed.");
        if (!ContactPoints.All(NodeAddress.IsOne))
            throw new ArgumentException("A contact point is an IPEndPoint or a DnsEndPoint.");
        if (Keyspace?.Contains('"', StringComparison.Ordinal) ?? false)
            throw new ArgumentException("A keyspace's name has no quotation mark, and is case-sensitive here.");
        if ((Username is null) != (Password is null))
            throw new ArgumentException("A user name and a password belong together.");
        ThrowIfOutside(InFlightMax, 1, 32_768, nameof(InFlightMax));
        ThrowIfOutside(ConnectionsPerNode, 1, 64, nameof(ConnectionsPerNode));
        ThrowIfOutside(WaitingMax, 0, int.MaxValue, nameof(WaitingMax));
        ThrowIfOutside(OrphansMax, 1, InFlightMax, nameof(OrphansMax));
        ThrowIfOutside(BodyBytesMax, 1024, 256 * 1024 * 1024, nameof(BodyBytesMax));
        ThrowIfOutside(RetriesMax, 0, 16, nameof(RetriesMax));
        ThrowIfOutside(SpeculativeMax, 0, 8, nameof(SpeculativeMax));
        ThrowIfOutside(PageSize, 0, int.MaxValue, nameof(PageSize));
        ThrowIfOutside((int)ProtocolVersionMax, 4, 5, nameof(ProtocolVersionMax));
        ThrowIfNotPositive(ConnectTimeout, nameof(ConnectTimeout));
        ThrowIfNotPositive(RequestTimeout, nameof(RequestTimeout));
        ThrowIfNotPositive(HeartbeatInterval, nameof(HeartbeatInterval));
        ThrowIfNotPositive(HeartbeatTimeout, nameof(HeartbeatTimeout));
        ThrowIfNotPositive(ReconnectDelayMin, nameof(ReconnectDelayMin));
        ThrowIfNotPositive(ReconnectDelayMax, nameof(ReconnectDelayMax));
        ThrowIfNotPositive(SpeculativeDelay ?? RequestTimeout, nameof(SpeculativeDelay));
        ThrowIfNotPositive(SchemaAgreementTimeout, nameof(SchemaAgreementTimeout));
    }

    private static void ThrowIfNotPositive(TimeSpan value, string name)
    {
        if (value <= TimeSpan.Zero || value > TimeMax)
            throw new ArgumentOutOfRangeException(name, value, "Must be above 0 and at most 24 days.");
    }

    private static void ThrowIfOutside(int value, int least, int most, string name)
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"Must be from {least} to {most}.");
    }
}
