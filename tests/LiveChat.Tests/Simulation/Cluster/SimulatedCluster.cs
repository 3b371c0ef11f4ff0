using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using LiveChat.Core.Chats;
using LiveChat.Core.Identities;
using LiveChat.Core.Ids;
using LiveChat.Core.Links;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>
/// Three nodes, the real ones, and what they stand on: a log and stores that no crash touches, links, a registry.
/// Threading: the scheduler's one thread.
/// </summary>
internal sealed class SimulatedCluster : IDisposable
{
    private const int IdsAheadMs = 1_000;

    /// <summary>A commit that the group took says for 6 s that the owner is it, and may be answered late.</summary>
    private static readonly TimeSpan ShowsFor = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan StopMax = TimeSpan.FromMinutes(1);

    private readonly SeededScheduler _scheduler;
    private readonly World _world;
    private readonly Faults _faults;
    private readonly Random _random;
    private readonly NodeOptions _options;
    private readonly ClusterPlant _plant;
    private readonly Dictionary<string, ClusterGroup> _groups;
    private readonly InMemoryNodeRegistry _registry;
    private readonly InMemoryRevocationTable _revocations = new();
    private readonly SimulatedNode?[] _nodes;
    private readonly long[] _idsLimitMs;
    private readonly List<SimulatedNode> _all = [];

    /// <param name="scheduler">Carries it out.</param>
    /// <param name="world">What is seen.</param>
    /// <param name="faults">What goes wrong.</param>
    /// <param name="random">Chance of the run.</param>
    /// <param name="roles">What each node does.</param>
    /// <param name="options">The options of all nodes.</param>
    /// <param name="framesMax">How many frames are on one way of a link at most.</param>
    /// <param name="plant">What is spoiled between nodes.</param>
    public SimulatedCluster(
        SeededScheduler scheduler,
        World world,
        Faults faults,
        Random random,
        NodeRoles[] roles,
        NodeOptions options,
        int framesMax,
        ClusterPlant plant)
    {
        (_scheduler, _world, _faults, _random, Roles, _options) = (scheduler, world, faults, random, roles, options);
        (_plant, _nodes, _idsLimitMs) = (plant, new SimulatedNode?[roles.Length], new long[roles.Length]);
        Addresses = new string[roles.Length];
        Log = new ClusterLog(Simulation.Partitions, faults, scheduler.Time);
        _groups = ConsumerGroups.All.ToDictionary(
            static group => group, group => new ClusterGroup(Log, group, world, faults, plant));
        Links = new SimulatedLinks(world, faults, framesMax, plant) { Shown = RequireOwner };
        _registry = new InMemoryNodeRegistry(scheduler.Time);
        world.Nodes = () => _nodes.OfType<SimulatedNode>();
        world.IsShared = _groups[ConsumerGroups.DeliveryWorkers].IsShared;
    }

    /// <summary>What each node does.</summary>
    public NodeRoles[] Roles { get; }

    /// <summary>Where each node that runs is called, by its number.</summary>
    public string[] Addresses { get; }

    [SuppressMessage("Usage", "CA2213", Justification = "It is in memory, and outlives the nodes.")]
    public ClusterLog Log { get; }

    public SimulatedLinks Links { get; }

    public SimulatedDisk<HistoryImage> Disk { get; } = new(static () => new HistoryImage());

    /// <summary>The node, while it runs.</summary>
    public SimulatedNode? this[int number] => _nodes[number];

    public void Dispose() => _all.ForEach(static node => node.Dispose());

    /// <summary>Starts all nodes, and what gives them partitions.</summary>
    public void Start()
    {
        var coordinator = new SimulatedProcess(_scheduler, "coordinator");
        foreach (var group in _groups.Values) coordinator.Start(group.CoordinateAsync);
        for (var number = 0; number < Roles.Length; number++) StartNode(number);
    }

    /// <summary>The node that a load balancer chooses; null when there is none that takes sessions.</summary>
    public SimulatedNode? Gateway()
    {
        var gateways = Enumerable.Range(0, Roles.Length)
            .Where(number => _nodes[number] is not null && Roles[number].HasFlag(NodeRoles.Gateway))
            .Select(number => _nodes[number]).ToArray();
        return gateways.Length == 0 ? null : gateways[_random.Next(gateways.Length)];
    }

    public void StartNode(int number)
    {
        _world.Life++;
        var name = $"n{number}-{_world.Life}";
        Addresses[number] = name;
        _world.Trace($"{name} begins as {Roles[number]}");
        var process = new SimulatedProcess(_scheduler, name);
        var elsewhere = new SimulatedProcess(_scheduler, "another node");
        var skew = _faults.IsHealed ? 0 : _random.Next(-Simulation.SkewMsMax, Simulation.SkewMsMax);
        var time = new SkewedTime(_world.Time, TimeSpan.FromMilliseconds(skew));
        var sinks = new Random(_random.Next());
        var rules = RulesTable.Default.Numbers;
        var self = new NodeEntry(name, name, Roles[number], rules.Lowest, rules.Highest, "", (ulong)_world.Life);
        var spoiled = number == 0 && _plant == ClusterPlant.ErasedAreAddedByANode ? Plant.ErasedAreAdded : Plant.None;
        var erasures = new SimulatedErasures(Disk, _faults, spoiled, time);
        var who = new SimulatedIdentities(Disk, _faults, Plant.None, time);
        var ids = new SnowflakeGenerator(
            number, _idsLimitMs[number], ms => _idsLimitMs[number] = ms + IdsAheadMs, time);
        var node = new SimulatedNode(
            _world,
            process,
            (meter, tokens) => new NodePorts(
                Log,
                new SimulatedHistoryStore(Disk, _faults, isSynced: true, process, elsewhere, Plant.None),
                new SimulatedUserStore(Disk, _faults, Plant.None) { Raised = _world.NoteMarked },
                IdentityPorts.InMemory() with { Users = who, LastSeen = who, Settings = Disk.Image.Identities },
                ids,
                tokens,
                meter)
            {
                ReaderOf = group => _groups[group].Join(process),
                Lineage = new SimulatedLineage(Disk, _faults, Plant.None),
                Erasures = erasures,
                Deletions = erasures,
                SinceKey = ReadOnlyMemory<byte>.Empty,
                Sink = addressing => new WatchedSink(_world, Plant.None, sinks, addressing),
                Peers = new NodePeers(Links.At(name, process), _registry, self, "cluster")
                {
                    Revocations = _revocations,
                },
            },
            _options,
            time,
            _faults,
            new Random(_random.Next()));
        _all.Add(node);
        _nodes[number] = node;
        node.Start();
        elsewhere.Start(() => WatchAsync(node));
    }

    /// <summary>Ends the node, by its own means or with the power, and starts it again after a while.</summary>
    public async Task EndAsync(int number, bool isGraceful)
    {
        if (_nodes[number] is not { } node) return;
        if (isGraceful) await StopAsync(node);
        _nodes[number] = null;
        _world.Trace($"{node.Process.Name} ends");
        _world.EndedAt = _world.Time.GetUtcNow();
        node.Kill();
        if (_random.Next(2) == 0) Links.Break(Addresses[number]); // Else nobody says that it is gone.
        await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(1, 12_000)), _world.Time);
        StartNode(number);
    }

    /// <summary>Ends the node that owns the chat, with the power, and starts it again.</summary>
    public async Task EndOwnerAsync(string chat)
    {
        var id = new ChatId(ulong.Parse(chat, CultureInfo.InvariantCulture));
        var partition = Partitioner.PartitionOf(id, Simulation.Partitions);
        var owner = Array.IndexOf(Addresses, _groups[ConsumerGroups.DeliveryWorkers].OwnerOf(partition));
        if (owner >= 0) await EndAsync(owner, isGraceful: false);
    }

    /// <summary>The partitions of which a group has not committed nearly everything, in words; none when both have.
    /// </summary>
    public async Task<IReadOnlyList<string>> BehindAsync()
    {
        var behind = new List<string>();
        for (var partition = 0; partition < Simulation.Partitions; partition++)
        {
            var end = (await Log.ReadAllAsync(partition)).Select(static entry => entry.Position).LastOrDefault();
            foreach (var (name, group) in _groups)
                if (group.Committed(partition) is var committed
                    && committed.Value + 2 < end.Value) // Ticks go on for ever.
                    behind.Add($"{name} of {group.OwnerOf(partition)}: {partition} at {committed} of {end}");
        }

        return behind;
    }

    /// <summary>Who types is shown by the owner of the chat alone.</summary>
    private void RequireOwner(string node, ChatId chat) => _world.Require(
        _groups[ConsumerGroups.DeliveryWorkers]
            .HadWithin(node, Partitioner.PartitionOf(chat, Simulation.Partitions), ShowsFor),
        $"{node} shows who types in {chat}, which another node owns.");

    private async Task WatchAsync(SimulatedNode node)
    {
        try
        {
            await node.Node.Completion;
        }
        catch (Exception exception)
        {
            _world.Violate($"{node.Process.Name} ended by itself: {exception}.");
        }
    }

    private async Task StopAsync(SimulatedNode node)
    {
        _world.Trace($"{node.Process.Name} is asked to stop");
        try
        {
            await node.Process.CallAsync(async () =>
            {
                await node.Node.StopAsync(CancellationToken.None);
                return true;
            }).WaitAsync(StopMax, _world.Time);
        }
        catch (TimeoutException)
        {
            _world.Violate($"{node.Process.Name} did not stop within a minute.");
        }
    }
}
