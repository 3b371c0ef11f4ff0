using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using LiveChat.Cluster.Links;
using LiveChat.Cluster.Log;
using LiveChat.Cluster.Nodes;
using LiveChat.Cluster.Store;
using LiveChat.Core.Chats;
using LiveChat.Core.Links;
using LiveChat.Core.Nodes;
using LiveChat.Embedded;
using LiveChat.Embedded.Disk;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Hosting;

/// <summary>
/// This server's place among those of its keyspace. With links it is one of several. Without links it is the only one:
/// then it signs the registry too, and neither starts beside another.
/// <code>
/// data folder  'node-run' → NAME INCARNATION   of the last run here, whose end the folder's lock proves
/// </code>
/// Belongs to one start.
/// </summary>
internal sealed partial class NodePlace(
    DataFolder folder, ServerOptions options, INodeRegistry registry, CassandraStart calls, TimeProvider time,
    ILoggerFactory loggers)
{
    private const string RunFile = "node-run";
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan WaitMax = NodeEntry.LiveFor + TimeSpan.FromSeconds(15);

    private readonly ILogger<NodePlace> _logger = loggers.CreateLogger<NodePlace>();

    private bool HasLinks => options.Links.Listen.Length > 0;

    /// <summary>The stable name of the server in this folder.</summary>
    public static string NameOf(ServerOptions options, string folder) =>
        options.Node.Name is { Length: > 0 } name ? name : $"{Environment.MachineName}:{folder}";

    /// <summary>What all servers of a cluster have in common, and no other one has.</summary>
    public static string ClusterOf(ServerOptions options, KafkaMark mark) =>
        $"{options.Store.Keyspace} {mark.TopicId}";

    /// <summary>The run that a data folder names; null where none was.</summary>
    public static ulong? RunOf(string folder) =>
        OwnFiles.ReadLine(folder, RunFile)?.Split(' ') is [_, var run]
        && ulong.TryParse(run, CultureInfo.InvariantCulture, out var incarnation)
            ? incarnation
            : null;

    /// <summary>Listens for links, where there are any, and sees to it that no other server is in the way.</summary>
    /// <param name="opened">Closes what is opened.</param>
    /// <param name="session">The keyspace.</param>
    /// <param name="cluster">What all servers of the cluster have in common.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidDataException">Another server is in the way, or the links cannot be opened.</exception>
    /// <exception cref="IOException">Their address is taken.</exception>
    public async Task<NodePlaceTaken> TakeAsync(
        OpenedParts opened, CassandraSession session, string cluster, CancellationToken cancellationToken)
    {
        var links = HasLinks
            ? opened.Add(await GrpcLinks.OpenAsync(options.Links.ToLinks(), time, loggers, cancellationToken))
            : null;
        var self = NewEntry(links?.Port);
        await EndFormerRunAsync(self, cancellationToken);
        await ClearAsync(self, cancellationToken);
        if (links is null) return new NodePlaceTaken(null, new NodeSign(registry, self), null);
        var peers = new NodePeers(links, registry, self, cluster)
        {
            Revocations = new CassandraRevocationTable(session, time),
        };
        return new NodePlaceTaken(peers, null, links.Observe);
    }

    private NodeEntry NewEntry(int? port)
    {
        var (lowest, highest) = RulesTable.Default.Numbers;
        var address = options.Links.Announce is { Length: > 0 } announced ? announced
            : port is null ? ""
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{options.Links.Listen[..options.Links.Listen.LastIndexOf(':')]}:{port}");
        return new NodeEntry(
            NameOf(options, folder.Path),
            address,
            options.Node.Roles,
            lowest,
            highest,
            BuildMark.Full,
            NewIncarnation());
    }

    private static ulong NewIncarnation() =>
        BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;

    /// <summary>A server that crashed is back at once: the folder's lock says that the run which it names is over.
    /// </summary>
    private async Task EndFormerRunAsync(NodeEntry self, CancellationToken cancellationToken)
    {
        if (folder.ReadLine(RunFile)?.Split(' ') is [var name, var run]
            && ulong.TryParse(run, CultureInfo.InvariantCulture, out var incarnation))
            await CallAsync(token => registry.LeaveAsync(name, incarnation, token), cancellationToken);
        folder.WriteDurably(
            RunFile, string.Create(CultureInfo.InvariantCulture, $"{self.Name} {self.Incarnation}"));
    }

    /// <summary>Waits until no server is live that this one cannot be beside; one that has crashed is live for a
    /// minute.</summary>
    private async Task ClearAsync(NodeEntry self, CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        for (var isFirst = true; ; isFirst = false)
        {
            IReadOnlyList<NodeEntry> entries = [];
            await CallAsync(async token => entries = await registry.ReadAsync(token), cancellationToken);
            if (entries.FirstOrDefault(entry => IsInTheWay(entry, self)) is not { } other) return;
            if (time.GetElapsedTime(begin) > WaitMax)
                throw new InvalidDataException(WhyNot(other, self));
            if (isFirst) LogWaits(WhyNot(other, self));
            await Task.Delay(LookEvery, time, cancellationToken);
        }
    }

    private bool IsInTheWay(NodeEntry other, NodeEntry self) =>
        other.IsLive && (other.Name == self.Name || !HasLinks || other.Address.Length == 0);

    private static string WhyNot(NodeEntry other, NodeEntry self) => other.Name == self.Name
        ? $"Another server has the node name {self.Name}: give each a name of its own (LiveChat:Node:Name), or stop "
            + "the other one."
        : $"The server {other.Name} is on this keyspace, and one of both has no links: set LiveChat:Links:Listen on "
            + "every server, or stop the other one.";

    private Task<bool> CallAsync(Func<CancellationToken, ValueTask> call, CancellationToken cancellationToken) =>
        calls.RepeatAsync(
            async token =>
            {
                await call(token);
                return true;
            },
            cancellationToken);

    [LoggerMessage(8050, LogLevel.Warning,
        "The start waits up to a minute, in case the other server is gone. {Reason}")]
    private partial void LogWaits(string reason);
}

/// <summary>A place among others.</summary>
/// <param name="Peers">The others; null for a server without links.</param>
/// <param name="Alone">Where a server without links says that it is there; null with them.</param>
/// <param name="Observe">Adds what is measured of the links; null without.</param>
internal sealed record NodePlaceTaken(
    NodePeers? Peers, NodeSign? Alone, Action<System.Diagnostics.Metrics.Meter>? Observe);
