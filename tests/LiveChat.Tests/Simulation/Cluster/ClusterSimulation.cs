using System.Diagnostics.CodeAnalysis;
using LiveChat.Core.Identities;
using LiveChat.Core.Ids;
using LiveChat.Core.Ingest;
using LiveChat.Core.Links;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Workers;
using LiveChat.Tests.Checking;

namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>
/// One run with three nodes, the real ones: users with devices talk through any gateway while nodes die, freeze, end
/// and come back, partitions move, owners do not hear of it, links break at any frame, and ways are cut in one
/// direction. Then the world heals and what was seen is judged. A run is a function of its seed.
/// </summary>
internal sealed class ClusterSimulation : IDisposable
{
    private const int Nodes = 3;
    private const int Devices = 6;
    private const int CommandsPerDevice = 8;
    private const int LinksBreakUnder = 3;
    private const int StepsMax = 1_000_000;
    private const int IdsAheadMs = 1_000;

    private static readonly TimeSpan TalkMax = TimeSpan.FromHours(4);
    private static readonly TimeSpan CatchUpMax = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan QuietAfter = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan StopMax = TimeSpan.FromMinutes(1);

    /// <summary>What each of the nodes does: everything, or a part.</summary>
    private static readonly NodeRoles[][] Layouts =
    [
        [NodeRoles.All, NodeRoles.All, NodeRoles.All],
        [NodeRoles.Gateway, NodeRoles.All, NodeRoles.Delivery | NodeRoles.History],
        [NodeRoles.Gateway, NodeRoles.Gateway | NodeRoles.Delivery, NodeRoles.Delivery | NodeRoles.History],
        [NodeRoles.Gateway, NodeRoles.Delivery, NodeRoles.History],
    ];

    private readonly Random _random;
    private readonly SeededScheduler _scheduler;
    private readonly World _world;
    private readonly Faults _faults;
    private readonly NodeOptions _options;
    private readonly NodeRoles[] _roles;
    private readonly SimulatedDisk<HistoryImage> _disk = new(static () => new HistoryImage());
    [SuppressMessage("Usage", "CA2213", Justification = "It is in memory, and outlives the nodes.")]
    private readonly ClusterLog _log;
    private readonly Dictionary<string, ClusterGroup> _groups;
    private readonly SimulatedLinks _links;
    private readonly InMemoryNodeRegistry _registry;
    private readonly SimulatedNode?[] _nodes = new SimulatedNode?[Nodes];
    private readonly string[] _addresses = new string[Nodes];
    private readonly long[] _idsLimitMs = new long[Nodes];
    private readonly List<SimulatedNode> _all = [];
    private readonly List<SimulatedDevice> _devices = [];
    private readonly List<(SimulatedProcess Process, DeviceTalk Talk)> _talks = [];

    private ClusterSimulation(int seed, ClusterPlant plant)
    {
        _random = new Random(seed);
        _scheduler = new SeededScheduler(_random.Next(), StepsMax);
        _world = new World(_scheduler) { Choose = Gateway };
        _faults = new Faults(_random.Next(), _scheduler.Time);
        _roles = Layouts[_random.Next(Layouts.Length)];
        _options = ChooseOptions();
        _log = new ClusterLog(Simulation.Partitions, _faults, _scheduler.Time);
        _groups = ConsumerGroups.All.ToDictionary(
            static group => group, group => new ClusterGroup(_log, group, _world, _faults));
        var isNarrow = plant is ClusterPlant.FullLinkLoses || _random.Next(3) == 0;
        _links = new SimulatedLinks(_world, _faults, isNarrow ? 6 : 4_096, plant);
        _registry = new InMemoryNodeRegistry(_scheduler.Time);
    }

    /// <summary>Runs the seed; an empty list when everything held.</summary>
    public static IReadOnlyList<string> Run(int seed, ClusterPlant plant = ClusterPlant.None)
    {
        using var simulation = new ClusterSimulation(seed, plant);
        return simulation.Run();
    }

    /// <summary>What was seen when the seed ran, as text.</summary>
    public static string Trace(int seed)
    {
        using var simulation = new ClusterSimulation(seed, ClusterPlant.None);
        return SimulatedRun.TraceOf(simulation._world, simulation.Run());
    }

    public void Dispose() => _all.ForEach(static node => node.Dispose());

    private List<string> Run() => SimulatedRun.Judge(_scheduler, _world, TellAsync, Situation);

    private NodeOptions ChooseOptions()
    {
        var isSmall = _random.Next(2) == 0;
        return new NodeOptions
        {
            Ingest = new IngestOptions
            {
                MembersMax = 4, PullAt = 4, PushBelow = 3, UnansweredMessagesMax = Simulation.UnansweredMax,
            },
            Outbox = new OutboxOptions { GraceSeconds = 3 },
            Workers = new WorkerOptions
            {
                ChatsMax = isSmall ? Simulation.Partitions : 1000,
                KeysMax = isSmall ? 4 * Simulation.Partitions : 1000,
                WaitingMax = isSmall ? 4 : 1000,
                CommitEvery = TimeSpan.FromMilliseconds(_random.Next(100, 2_000)),
            },
            Trim = new LogTrimmerOptions
            {
                Retention = TimeSpan.FromSeconds(_random.Next(30, 300)),
                Period = TimeSpan.FromSeconds(_random.Next(5, 60)),
            },
        };
    }

    private async Task TellAsync()
    {
        var coordinator = new SimulatedProcess(_scheduler, "coordinator");
        foreach (var group in _groups.Values) coordinator.Start(group.CoordinateAsync);
        for (var number = 0; number < Nodes; number++) StartNode(number);
        var talking = Task.WhenAll(Enumerable.Range(0, Devices).Select(StartDevice)).WaitAsync(TalkMax, _world.Time);
        for (var harm = _random.Next(12); harm > 0 && !talking.IsCompleted; harm--)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(1, 5_000)), _world.Time);
            await HarmAsync(_random.Next(Nodes));
        }

        await talking;
        _faults.Heal();
        _links.Mend();
        await CatchUpAsync();
        await Task.Delay(QuietAfter, _world.Time);
        for (var command = 0; command < LinksBreakUnder; command++) await SayWhileLinksBreakAsync();
        await Task.Delay(QuietAfter, _world.Time);
        await CatchUpAsync();
        await JudgeAsync();
        _world.IsOver = true;
    }

    /// <summary>Something happens to a node, or between it and another.</summary>
    private async Task HarmAsync(int number)
    {
        if (_nodes[number] is not { } node) return;
        switch (_random.Next(7))
        {
            case 0:
                await EndAsync(number, isGraceful: false);
                break;
            case 1:
                await EndAsync(number, isGraceful: true);
                break;
            case 2:
                await FreezeAsync(node);
                break;
            case 3:
                _world.Trace($"the links of {_addresses[number]} break");
                _links.Break(_addresses[number]);
                break;
            default:
                var other = _addresses[(number + 1 + _random.Next(Nodes - 1)) % Nodes];
                var time = TimeSpan.FromMilliseconds(_random.Next(100, 20_000));
                _world.Trace($"from {_addresses[number]} to {other} nothing comes through for {time}");
                _links.Cut(_addresses[number], other, time);
                break;
        }
    }

    /// <summary>All links break when a command's record is durable, so that its owner answers nobody: the answer comes
    /// with the catch-up.</summary>
    private async Task SayWhileLinksBreakAsync()
    {
        var (process, talk) = _talks[_random.Next(_talks.Count)];
        var timeouts = _world.Timeouts;
        _log.Appended = () => Array.ForEach(_addresses, _links.Break);
        await process.CallAsync(async () =>
        {
            await talk.CommandAsync();
            return true;
        }).WaitAsync(TalkMax, _world.Time);
        _world.Require(
            _world.Timeouts == timeouts, $"A command had no answer although its owner was away for a moment only.");
    }

    private async Task FreezeAsync(SimulatedNode node)
    {
        _world.Trace($"{node.Process.Name} freezes");
        node.Process.Freeze();
        await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(10, 20_000)), _world.Time);
        _world.Trace($"{node.Process.Name} goes on");
        node.Process.Thaw();
    }

    private Task StartDevice(int number)
    {
        var user = _world.Users[number % 4];
        var name = $"{user}-{number / 4}";
        var device = new SimulatedDevice(_world, user, name, _faults, new Random(_random.Next()));
        var talk = new DeviceTalk(_world, device, CommandsPerDevice, new Random(_random.Next()));
        var process = new SimulatedProcess(_scheduler, name);
        _devices.Add(device);
        _talks.Add((process, talk));
        process.Start(device.RunAsync);
        process.Start(device.Puller.RunAsync);
        return process.CallAsync(async () =>
        {
            await talk.RunAsync();
            return true;
        });
    }

    /// <summary>The node that a load balancer chooses; null when there is none that takes sessions.</summary>
    private SimulatedNode? Gateway()
    {
        var gateways = Enumerable.Range(0, Nodes)
            .Where(number => _nodes[number] is not null && _roles[number].HasFlag(NodeRoles.Gateway))
            .Select(number => _nodes[number]).ToArray();
        return gateways.Length == 0 ? null : gateways[_random.Next(gateways.Length)];
    }

    private void StartNode(int number)
    {
        _world.Life++;
        var name = $"n{number}-{_world.Life}";
        _addresses[number] = name;
        _world.Trace($"{name} begins as {_roles[number]}");
        var process = new SimulatedProcess(_scheduler, name);
        var elsewhere = new SimulatedProcess(_scheduler, "another node");
        var time = new SkewedTime(
            _world.Time, TimeSpan.FromMilliseconds(_random.Next(-Simulation.SkewMsMax, Simulation.SkewMsMax)));
        var sinks = new Random(_random.Next());
        var self = new NodeEntry(name, name, _roles[number], 1, 3, "", (ulong)_world.Life);
        var who = new SimulatedIdentities(_disk, _faults, Plant.None, time);
        var ids = new SnowflakeGenerator(
            number, _idsLimitMs[number], ms => _idsLimitMs[number] = ms + IdsAheadMs, time);
        var node = new SimulatedNode(
            _world,
            process,
            (meter, tokens) => new NodePorts(
                _log,
                new SimulatedHistoryStore(_disk, _faults, isSynced: true, process, elsewhere, Plant.None),
                new SimulatedUserStore(_disk, _faults, Plant.None),
                IdentityPorts.InMemory() with { Users = who, LastSeen = who },
                ids,
                tokens,
                meter)
            {
                ReaderOf = group => _groups[group].Join(process),
                Lineage = new SimulatedLineage(_disk, _faults, Plant.None),
                SinceKey = ReadOnlyMemory<byte>.Empty,
                Sink = addressing => new WatchedSink(_world, Plant.None, sinks, addressing),
                Peers = new NodePeers(_links.At(name, process), _registry, self, "cluster"),
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

    /// <summary>Ends the node, by its own means or with the power, and starts it again.</summary>
    private async Task EndAsync(int number, bool isGraceful)
    {
        if (_nodes[number] is not { } node) return;
        if (isGraceful) await StopAsync(node);
        _nodes[number] = null;
        _world.Trace($"{node.Process.Name} ends");
        node.Kill();
        if (_random.Next(2) == 0) _links.Break(_addresses[number]); // Else nobody says that it is gone.
        await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(1, 12_000)), _world.Time);
        StartNode(number);
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

    private async Task CatchUpAsync()
    {
        var deadline = _world.Time.GetUtcNow() + CatchUpMax;
        while (!await HasCaughtUpAsync())
        {
            if (_world.Time.GetUtcNow() > deadline) throw new SimulationException("The workers did not catch up.");
            await Task.Delay(TimeSpan.FromSeconds(1), _world.Time);
        }
    }

    private async Task<bool> HasCaughtUpAsync()
    {
        for (var partition = 0; partition < Simulation.Partitions; partition++)
        {
            var end = (await _log.ReadAllAsync(partition)).Select(static entry => entry.Position).LastOrDefault();

            // Ticks go on for ever.
            if (_groups.Values.Any(group => group.Committed(partition).Value + 2 < end.Value)) return false;
        }

        return true;
    }

    private IEnumerable<string> Situation() =>
    [
        _world.ToString(),
        .. _world.Observed.Invocations
            .Where(static invocation => invocation.Attempts is not [.., { Outcome: not Outcome.Unknown }])
            .Select(static invocation => $"{invocation.ClientId} of {invocation.Sender} in {invocation.Chat} was sent "
                + $"{invocation.Attempts.Count} times without an answer."),
    ];

    /// <summary>Notes what history holds, how it differs from what the log says, and what the devices are told.
    /// </summary>
    private async Task JudgeAsync()
    {
        var replay = await Replay.OfAsync(Simulation.Partitions, _log.ReadAllAsync);
        var image = _disk.Image;
        foreach (var difference in image.Cells.Differences(replay.Cells).Take(RunChecker.ViolationsMax))
            _world.Violate("History is not what the log says. " + difference);
        foreach (var conflict in image.Cells.Conflicts) _world.Violate(conflict);
        var chats = await Simulation.NoteHistoryAsync(_world, image, replay);
        var epilogue = new Epilogue(_world, _devices, static () => Task.CompletedTask, new Random(_random.Next()));
        await epilogue.TellAsync(chats);
        epilogue.CheckVisibility();
    }
}
