using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Ingest;
using LiveChat.Core.Links;
using LiveChat.Core.Log;
using LiveChat.Core.Measuring;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Presence;
using LiveChat.Core.Timing;
using LiveChat.Core.Workers;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Nodes;

/// <summary>What the roles of a node share.</summary>
internal sealed class NodeParts
{
    public NodeParts(NodePorts ports, NodeOptions options, TimeProvider time, Random random, ILoggerFactory loggers)
    {
        (Ports, Options, Time, Loggers) = (ports, options, time, loggers);
        Metrics = new WorkerMetrics(ports.Meter, ports.Log.Partitions);
        Gateway = new GatewayMeasures(ports.Meter, options.Sessions.ConnectionsMax, time);
        Calls = new StoreCalls(options.Workers, time, new(random.Next()), loggers.CreateLogger<StoreCalls>());
        LogCalls = new LogCalls(time, new(random.Next()), loggers.CreateLogger<LogCalls>());
        Histories = ports.ReaderOf(ConsumerGroups.HistoryWriters);
        Deliveries = ports.ReaderOf(ConsumerGroups.DeliveryWorkers);
        Progress = new HistoryProgress(ports.Log.Partitions, time);
        Looks = new HeadLooks(
            ports.History,
            chat => Progress.Hurry(Partitioner.PartitionOf(chat, ports.Log.Partitions)),
            time);
        Wheel = new TimingWheel(time);
        Rates = new IngestRates(options.Rates, Wheel, time);
        LinkedPresence = ports is { Presence: null, SharedPresence: null, Peers: not null } ? new(Wheel, time) : null;
        PresenceCalls = new PresenceCalls(time, loggers.CreateLogger<PresenceCalls>());
        SharedPresence = ports.SharedPresence is { } table ? new(table, PresenceCalls, time) : null;
        PresenceStore = ports.Presence ?? SharedPresence ?? (IPresenceStore?)LinkedPresence
            ?? new InProcessPresenceStore(Wheel, time);
        Presence = new PresenceStates(
            PresenceStore, ports.Identities.Users, ports.Identities.LastSeen, PresenceCalls, time);
    }

    public NodePorts Ports { get; }

    /// <summary>What this node does.</summary>
    public NodeRoles Roles => Ports.Peers?.Self.Roles ?? NodeRoles.All;

    public NodeOptions Options { get; }

    public TimeProvider Time { get; }

    public ILoggerFactory Loggers { get; }

    public WorkerMetrics Metrics { get; }

    /// <summary>What is counted and timed of connections.</summary>
    public GatewayMeasures Gateway { get; }

    public StoreCalls Calls { get; }

    public LogCalls LogCalls { get; }

    /// <summary>The log as history-writers see it.</summary>
    public IPartitionReader Histories { get; }

    /// <summary>The log as delivery-workers see it.</summary>
    public IPartitionReader Deliveries { get; }

    /// <summary>How far history is.</summary>
    public HistoryProgress Progress { get; }

    /// <summary>Waits for history: one, so that a chat is looked at once for all who wait on this node.</summary>
    public HeadLooks Looks { get; }

    public TimingWheel Wheel { get; }

    /// <summary>The sessions of this node: gateways fill it, owners tell it who types and what was read.</summary>
    public SessionDirectory Directory { get; } = new();

    /// <summary>How fast users may ask, and what their reads have cost.</summary>
    public IngestRates Rates { get; }

    public IPresenceStore PresenceStore { get; }

    /// <summary>The same, where nodes tell each other by their links.</summary>
    public LinkedPresenceStore? LinkedPresence { get; }

    /// <summary>The same, where a table of all nodes has it.</summary>
    public SharedPresenceStore? SharedPresence { get; }

    public PresenceCalls PresenceCalls { get; }

    /// <summary>What may be said of who is online.</summary>
    public PresenceStates Presence { get; }
}
