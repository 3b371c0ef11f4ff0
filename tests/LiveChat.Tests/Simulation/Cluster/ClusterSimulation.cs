using LiveChat.Core.Ingest;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Workers;
using LiveChat.Tests.Checking;

namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>
/// One run with three nodes, the real ones: users with devices talk through any gateway while nodes die, freeze, end
/// and come back, partitions move, owners do not hear of it, links break at any frame, and ways are cut in one
/// direction. Then the world heals and what was seen is judged. A third of the runs end with erasures, through any
/// gateway and with the same harm. A run is a function of its seed.
/// </summary>
internal sealed class ClusterSimulation : IDisposable
{
    private const int Nodes = 3;
    private const int Devices = 6;
    private const int CommandsPerDevice = 8;
    private const int LinksBreakUnder = 3;
    private const int StepsMax = 1_500_000;

    private static readonly TimeSpan TalkMax = TimeSpan.FromHours(4);
    private static readonly TimeSpan CatchUpMax = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan QuietAfter = TimeSpan.FromSeconds(20);

    private readonly Random _random;
    private readonly SeededScheduler _scheduler;
    private readonly World _world;
    private readonly Faults _faults;
    private readonly SimulatedCluster _cluster;
    private readonly bool _endsWithErasures;
    private readonly List<SimulatedDevice> _devices = [];
    private readonly List<(SimulatedProcess Process, DeviceTalk Talk)> _talks = [];

    private ClusterSimulation(int seed, ClusterPlant plant)
    {
        _random = new Random(seed);
        _scheduler = new SeededScheduler(_random.Next(), StepsMax);
        _world = new World(_scheduler) { Choose = () => _cluster!.Gateway() };
        _faults = new Faults(_random.Next(), _scheduler.Time);
        var roles = ClusterLayouts.All[_random.Next(ClusterLayouts.All.Count)];
        var options = ChooseOptions();
        _endsWithErasures = new Random(seed ^ 0xE7A5E).Next(3) == 0;
        var isNarrow = plant is ClusterPlant.FullLinkLoses || _random.Next(3) == 0;
        _cluster = new SimulatedCluster(
            _scheduler, _world, _faults, _random, roles, options, isNarrow ? 6 : 4_096, plant);
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

    public void Dispose() => _cluster.Dispose();

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
        _cluster.Start();
        var talking = Task.WhenAll(Enumerable.Range(0, Devices).Select(StartDevice)).WaitAsync(TalkMax, _world.Time);
        for (var harm = _random.Next(12); harm > 0 && !talking.IsCompleted; harm--)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(1, 5_000)), _world.Time);
            await HarmAsync(_random.Next(Nodes));
        }

        await talking;
        _faults.Heal();
        await MendAsync();
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
        if (_cluster[number] is not { } node) return;
        var address = _cluster.Addresses[number];
        switch (_random.Next(7))
        {
            case 0:
                await _cluster.EndAsync(number, isGraceful: false);
                break;
            case 1:
                await _cluster.EndAsync(number, isGraceful: true);
                break;
            case 2:
                await FreezeAsync(node);
                break;
            case 3:
                _world.Trace($"the links of {address} break");
                _cluster.Links.Break(address);
                break;
            default:
                var other = _cluster.Addresses[(number + 1 + _random.Next(Nodes - 1)) % Nodes];
                var time = TimeSpan.FromMilliseconds(_random.Next(100, 20_000));
                _world.Trace($"from {address} to {other} nothing comes through for {time}");
                _cluster.Links.Cut(address, other, time);
                break;
        }
    }

    /// <summary>All links break when a command's record is durable, so that its owner answers nobody: the answer comes
    /// with the catch-up.</summary>
    private async Task SayWhileLinksBreakAsync()
    {
        var (process, talk) = _talks[_random.Next(_talks.Count)];
        var timeouts = _world.Timeouts;
        _cluster.Log.Appended = BreakLinks;
        await process.CallAsync(async () =>
        {
            await talk.CommandAsync();
            return true;
        }).WaitAsync(TalkMax, _world.Time);
        _world.Require(
            _world.Timeouts == timeouts, $"A command had no answer although its owner was away for a moment only.");
    }

    private void BreakLinks() => Array.ForEach(_cluster.Addresses, _cluster.Links.Break);

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

    private async Task CatchUpAsync()
    {
        var deadline = _world.Time.GetUtcNow() + CatchUpMax;
        while (await _cluster.BehindAsync() is [_, ..] behind)
        {
            if (_world.Time.GetUtcNow() > deadline)
                throw new SimulationException($"The workers did not catch up: {string.Join("; ", behind)}.");
            await Task.Delay(TimeSpan.FromSeconds(1), _world.Time);
        }
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
        var replay = await ReplayAsync();
        var image = _cluster.Disk.Image;
        foreach (var difference in image.Cells.Differences(replay.Cells).Take(RunChecker.ViolationsMax))
            _world.Violate("History is not what the log says. " + difference);
        foreach (var conflict in image.Cells.Conflicts) _world.Violate(conflict);
        var chats = await Simulation.NoteHistoryAsync(_world, image, replay);
        var epilogue = new Epilogue(
            _world,
            _devices,
            () => _cluster.EndAsync(_random.Next(Nodes), isGraceful: false),
            new Random(_random.Next()))
        {
            BreakLinks = BreakLinks,
            EndOwnerAsync = _cluster.EndOwnerAsync,
        };
        await epilogue.TellAsync(chats);
        epilogue.CheckVisibility();
        if (_endsWithErasures) await EraseAsync(replay);
    }

    private Task EraseAsync(Replay replay) => new ErasureEpilogue(
        _world, _devices, _cluster.Disk, _faults, HarmErasureAsync, MendAsync, ReplayAsync,
        new Random(_random.Next())).TellAsync([.. replay.Chats]);

    /// <summary>Also all links break when the next record is durable, so that its owner answers nobody.</summary>
    private Task HarmErasureAsync()
    {
        if (_random.Next(3) > 0) return HarmAsync(_random.Next(Nodes));
        _cluster.Log.Appended = BreakLinks;
        return Task.CompletedTask;
    }

    private Task MendAsync()
    {
        _cluster.Links.Mend();
        return CatchUpAsync();
    }

    private Task<Replay> ReplayAsync() => Replay.OfAsync(Simulation.Partitions, _cluster.Log.ReadAllAsync);
}
