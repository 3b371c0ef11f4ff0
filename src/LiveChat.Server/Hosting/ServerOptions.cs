using System.ComponentModel.DataAnnotations;
using LiveChat.Core.History;
using LiveChat.Core.Ingest;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Sessions;
using LiveChat.Core.Workers;
using LiveChat.Embedded.Log;
using LiveChat.Server.Api;
using LiveChat.Server.Gateway;
using LiveChat.Server.Tokens;
using Microsoft.Extensions.Options;

namespace LiveChat.Server.Hosting;

/// <summary>
/// The section <c>LiveChat</c> of the configuration: the command line, then the environment
/// (<c>LIVECHAT__LISTEN</c>), then <c>livechat.json</c> in the working folder. The defaults fit production on one
/// machine behind a proxy.
/// </summary>
internal sealed class ServerOptions
{
    public const string Section = "LiveChat";

    /// <summary>What kind of installation the server belongs to: <c>Single</c>, or <c>Cluster</c>, in which the log is
    /// on Kafka, the store on Cassandra and presence in Redis unless they are set otherwise, and the server has a name
    /// and links (docs/ops/cluster.md).</summary>
    public ServerProfile Profile { get; set; }

    /// <summary>The folder that holds everything.</summary>
    [Required]
    public string Data { get; set; } = "livechat-data";

    /// <summary>The address to listen on.</summary>
    [Required]
    public string Listen { get; set; } = "http://127.0.0.1:8080";

    /// <summary>The address for health, metrics and server keys, for operators alone; empty: none.</summary>
    public string Internal { get; set; } = "";

    /// <summary>Partitions of a log in the data folder; fixed when the folder is made.</summary>
    [Range(1, RocksDbLogOptions.PartitionsMax)]
    public int Partitions { get; set; } = 16;

    /// <summary>Origins of the pages that may connect and use the API; none means only the server's own.</summary>
    public IList<string> Origins { get; } = [];

    /// <summary>Bytes of the data folder's disk that are left free: below it sends are refused and reads go on.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long ReserveBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>Seconds over which clients are spread when the server goes away; it ends at most 5 s after them.
    /// </summary>
    [Range(0, 600)]
    public int DrainSeconds { get; set; } = 5;

    /// <summary>Whether anybody gets a token for any user (<c>POST /v1/dev/token</c>, <c>--dev</c>), and the HTTP API
    /// is a page (<c>/docs</c>): never in production.</summary>
    public bool Development { get; set; }

    /// <summary>Names under which development mode gives tokens, besides those of the loopback (<c>localhost</c>).
    /// </summary>
    public IList<string> DevelopmentHosts { get; } = [];

    [ValidateObjectMembers]
    public TelemetryOptions Telemetry { get; set; } = new();

    [ValidateObjectMembers]
    public LogOptions Log { get; set; } = new();

    [ValidateObjectMembers]
    public StoreOptions Store { get; set; } = new();

    [ValidateObjectMembers]
    public PresenceOptions Presence { get; set; } = new();

    [ValidateObjectMembers]
    public NodeNameOptions Node { get; set; } = new();

    public LinksOptions Links { get; set; } = new();

    [ValidateObjectMembers]
    public TokenOptions Tokens { get; set; } = new();

    [ValidateObjectMembers]
    public ConnectionOptions Connections { get; set; } = new();

    [ValidateObjectMembers]
    public SessionOptions Sessions { get; set; } = new();

    [ValidateObjectMembers]
    public OutboxOptions Outbox { get; set; } = new();

    [ValidateObjectMembers]
    public IngestOptions Ingest { get; set; } = new();

    [ValidateObjectMembers]
    public RateOptions Rates { get; set; } = new();

    [ValidateObjectMembers]
    public WorkerOptions Workers { get; set; } = new();

    [ValidateObjectMembers]
    public LogTrimmerOptions Trim { get; set; } = new();

    [ValidateObjectMembers]
    public ChatRetentionOptions Retention { get; set; } = new();

    /// <summary>What anybody is told of them.</summary>
    public MetaFeatures ToFeatures() => new()
    {
        AnyoneStartsChats = Ingest.ChatsStartedBy is ChatStarters.Anyone,
        IssuesTokens = Tokens.KeysUrl.Length == 0,
        Development = Development,
    };

    public NodeOptions ToNode() => new()
    {
        Sessions = Sessions,
        Outbox = Outbox,
        Ingest = Ingest,
        Rates = Rates,
        Workers = Workers,
        Trim = Trim,
        DrainWindow = TimeSpan.FromSeconds(DrainSeconds),
    };
}
