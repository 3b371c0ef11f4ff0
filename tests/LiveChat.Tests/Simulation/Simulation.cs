using LiveChat.Core.History;
using LiveChat.Core.Ingest;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Checking;
using LiveChat.Tests.History;
using LiveChat.Tests.Log;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// One run: five users with seven devices talk while their node, the real one, is killed or stopped a few times, with
/// a log, stores and connections that do everything that their contracts allow. Then the world heals, the workers
/// catch up, and what was seen is judged. A run is a function of its seed.
/// </summary>
internal sealed class Simulation : IDisposable
{
    public const int Partitions = 2;
    private const int CommandsPerDevice = 11;
    private const int CrashesMax = 5;
    private const int CrashWithinMs = 6_000;
    public const int SkewMsMax = 3_000;

    /// <summary>Messages of a direct chat before the first answer.</summary>
    public const int UnansweredMax = 2;

    private static readonly TimeSpan TalkMax = TimeSpan.FromHours(4);
    private static readonly TimeSpan CatchUpMax = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan StopMax = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan QuietAfter = TimeSpan.FromSeconds(15);

    private readonly Random _random;
    private readonly SeededScheduler _scheduler;
    private readonly World _world;
    private readonly Faults _faults;
    private readonly Plant _plant;
    private readonly bool _isSynced;
    private readonly bool _moves;
    private readonly bool _endsWithErasures;
    private readonly Faults _brokerFaults;
    private readonly SimulatedBrokers? _brokers;
    private readonly NodeOptions _options;
    private readonly SimulatedDisk<HistoryImage> _disk = new(static () => new HistoryImage());
    private readonly SimulatedPresence? _presence;
    private readonly SimulatedTable? _table;
    private readonly List<SimulatedDevice> _devices = [];
    private readonly List<(SimulatedDevice Device, SimulatedProcess Process, DeviceTalk Talk)> _talks = [];
    private readonly List<SimulatedNode> _nodes = [];

    /// <summary>Whether nodes erase: only at the end, so that they read and write nothing for it before.</summary>
    private bool _erases;

    private Simulation(int seed, Plant plant)
    {
        _random = new Random(seed);
        _scheduler = new SeededScheduler(_random.Next());
        _world = new World(_scheduler);
        _faults = new Faults(_random.Next(), _scheduler.Time);
        _plant = plant;
        _isSynced = _random.Next(2) == 0;
        _options = ChooseOptions();

        // In half of the runs partitions move; in half of them the log is out of reach now and then.
        var kind = new Random(seed ^ 0x5EED);
        (_moves, var isRemote) = (kind.Next(2) == 0, kind.Next(2) == 0);
        _brokerFaults = new Faults(kind.Next(), _scheduler.Time);
        _brokers = isRemote ? new SimulatedBrokers(Partitions, _brokerFaults, _scheduler.Time) : null;

        // A third of the runs end with erasures.
        _endsWithErasures = new Random(seed ^ 0xE7A5E).Next(3) == 0;

        // Half of the nodes keep to themselves who is online, as a single one does.
        _presence = _random.Next(2) == 0 ? new SimulatedPresence(_scheduler, _faults, plant) : null;

        // Some of the others keep it in a table of all nodes, which loses it now and then.
        _table = _presence is null && new Random(seed ^ 0x7AB1E).Next(2) == 0
            ? new SimulatedTable(_scheduler, _faults, plant)
            : null;
    }

    /// <summary>Runs the seed; an empty list when everything held.</summary>
    public static IReadOnlyList<string> Run(int seed, Plant plant = Plant.None)
    {
        using var simulation = new Simulation(seed, plant);
        return simulation.Run();
    }

    /// <summary>What was seen when the seed ran, as text.</summary>
    public static string Trace(int seed)
    {
        using var simulation = new Simulation(seed, Plant.None);
        return SimulatedRun.TraceOf(simulation._world, simulation.Run());
    }

    public void Dispose() => _nodes.ForEach(static node => node.Dispose());

    private List<string> Run() => SimulatedRun.Judge(_scheduler, _world, TellAsync, Situation);

    /// <summary>Half of the runs with so little memory and room that everything leaves it all the time.</summary>
    private NodeOptions ChooseOptions()
    {
        var isSmall = _random.Next(2) == 0;
        var isNarrow = _random.Next(2) == 0;
        return new NodeOptions
        {
            Ingest = new IngestOptions
            {
                MembersMax = 4,
                PullAt = 4,
                PushBelow = 3,
                UnansweredMessagesMax = UnansweredMax,
            },
            Outbox = new OutboxOptions
            {
                BytesMax = isNarrow ? 3_000 : 256 * 1024,
                FramesMax = isNarrow ? 8 : 2_048,
                GraceSeconds = 3,
            },
            Workers = new WorkerOptions
            {
                ChatsMax = isSmall ? Partitions : 1000,
                KeysMax = isSmall ? 4 * Partitions : 1000,
                WaitingMax = isSmall ? 4 : 1000,
                ReadsAtOnce = isSmall ? 1 + _random.Next(3) : 32,
                CommitEvery = TimeSpan.FromMilliseconds(_random.Next(100, 2_000)),
                HistoryPause = TimeSpan.FromMilliseconds(_random.Next(2) * _random.Next(500)),
            },
            Trim = new LogTrimmerOptions
            {
                Retention = TimeSpan.FromSeconds(_random.Next(1, 120)),
                Period = TimeSpan.FromSeconds(_random.Next(5, 60)),
            },
        };
    }

    private async Task TellAsync()
    {
        StartNode(new SimulatedLog(Partitions, _faults, _scheduler.Time, _disk, _plant, _brokers));
        var talking = Task.WhenAll(
            Enumerable.Range(0, 7).Select(StartDevice)).WaitAsync(TalkMax, _world.Time);
        for (var crashes = _random.Next(CrashesMax + 1); crashes > 0 && !talking.IsCompleted; crashes--)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(1, CrashWithinMs)), _world.Time);
            if (_world.Node is { } node)
                await EndAsync(node, isGraceful: _random.Next(4) == 0);
        }

        await talking;
        for (var late = _random.Next(3); late > 0; late--)
            await SayLateAsync();
        if (_random.Next(2) == 0 && _world.Node is { } last)
            await EndAsync(last, isGraceful: false);
        _faults.Heal();
        _brokerFaults.Heal();
        await CatchUpAsync();
        await Task.Delay(QuietAfter, _world.Time);
        await JudgeAsync();
        _world.IsOver = true;
    }

    private Task StartDevice(int number)
    {
        var user = _world.Users[number % _world.Users.Count];
        var name = $"{user}-{number / _world.Users.Count}";
        var device = new SimulatedDevice(_world, user, name, _faults, new Random(_random.Next()));
        var talk = new DeviceTalk(_world, device, CommandsPerDevice, new Random(_random.Next()));
        var process = new SimulatedProcess(_scheduler, name);
        _devices.Add(device);
        _talks.Add((device, process, talk));
        process.Start(device.RunAsync);
        process.Start(device.Puller.RunAsync);
        return process.CallAsync(async () =>
        {
            await talk.RunAsync();
            return true;
        });
    }

    /// <summary>
    /// Somebody says one more thing, whose sync or hand-over takes so much longer than the minute by which <c>since</c>
    /// stays behind that every device is pinged behind that minute. The others lose their connections right before it
    /// ends, and come back right behind it. On brokers a leader whose clock is far ahead may have been there before.
    /// </summary>
    private async Task SayLateAsync()
    {
        if (_world.Node is not { } node)
            return;
        if (_brokers is { } brokers && _random.Next(2) == 0)
        {
            for (var partition = 0; partition < Partitions; partition++)
                brokers.Lead(partition, _random.Next(150_000, 300_000));
            await Task.Delay(TimeSpan.FromSeconds(25), _world.Time); // Ticks say the time meanwhile.
        }

        var takes = TimeSpan.FromSeconds(_random.Next(95, 180));
        if (_random.Next(2) == 0)
            node.Log.NextSync = takes;
        else
            node.Link.Next = takes;
        var (speaker, process, talk) = _talks[_random.Next(_talks.Count)];
        var saying = process.CallAsync(async () =>
        {
            await speaker.ReadyAsync();
            await talk.CommandAsync();
            return true;
        });
        await Task.Delay(takes - TimeSpan.FromMilliseconds(20), _world.Time);
        foreach (var device in _devices)
            if (device != speaker)
                device.Leave(silently: false);
        await saying.WaitAsync(TalkMax, _world.Time);

        // What was refused at once never met it: nor may what is said at a quiet time.
        (node.Link.Next, node.Log.NextSync) = (null, null);
    }

    private void StartNode(SimulatedLog log)
    {
        _world.Life++;
        _world.Trace($"life {_world.Life} begins");
        var process = new SimulatedProcess(_scheduler, $"node {_world.Life}");
        var elsewhere = new SimulatedProcess(_scheduler, "another node");
        var skew = TimeSpan.FromMilliseconds(_random.Next(-SkewMsMax, SkewMsMax));
        var time = new SkewedTime(_world.Time, skew);
        var node = new SimulatedNode(
            _world,
            process,
            log,
            new SimulatedHistoryStore(_disk, _faults, _isSynced, process, elsewhere, _plant),
            new SimulatedUserStore(_disk, _faults, _plant),
            new SimulatedLineage(_disk, _faults, _plant),
            new SimulatedIdentities(_disk, _faults, _plant, time),
            _presence,
            _table?.Of("node"),
            _erases ? new SimulatedErasures(_disk, _faults, _plant, time) : null,
            _options,
            time,
            _faults,
            _plant,
            _moves,
            new Random(_random.Next()));
        _nodes.Add(node);
        _world.Node = node;
        node.Start();
        elsewhere.Start(() => WatchAsync(node));
    }

    /// <summary>A node that ends by itself may do so only because its disk failed; then it is started again.</summary>
    private async Task WatchAsync(SimulatedNode node)
    {
        try
        {
            await node.Node.Completion;
        }
        catch (Exception exception)
        {
            _world.Trace($"life {_world.Life} failed: {exception.Message}");
            _world.Require(node.Log.HasFailed, $"The node ended by itself: {exception}.");
            if (_world.Node == node)
                await EndAsync(node, isGraceful: false);
        }
    }

    /// <summary>Ends the node, by its own means or with the power, and starts it again.</summary>
    private async Task EndAsync(SimulatedNode node, bool isGraceful)
    {
        _world.Node = null;
        if (isGraceful)
            await StopAsync(node);
        _world.Trace($"life {_world.Life} ends");
        node.Kill();
        _disk.Crash(_faults.Upto(_disk.Unsynced));
        await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(1, 3_000)), _world.Time);
        StartNode(node.Log.Reopen());
    }

    private async Task StopAsync(SimulatedNode node)
    {
        _world.Trace($"life {_world.Life} is asked to stop");
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
            _world.Violate("The node did not stop within a minute.");
        }
        catch (Exception) when (node.Log.HasFailed)
        {
            // It ended before.
        }
    }

    /// <summary>Waits until both groups have passed the end of the log.</summary>
    private async Task CatchUpAsync()
    {
        var deadline = _world.Time.GetUtcNow() + CatchUpMax;
        while (_world.Node is not { } node || !await HasCaughtUpAsync(node.Log))
        {
            if (_world.Time.GetUtcNow() > deadline)
                throw new SimulationException("The workers did not catch up.");
            await Task.Delay(TimeSpan.FromSeconds(1), _world.Time);
        }
    }

    private static async Task<bool> HasCaughtUpAsync(SimulatedLog log)
    {
        for (var partition = 0; partition < Partitions; partition++)
        {
            var end = (await log.RangeAsync(partition)).End;
            foreach (var group in (string[])[ConsumerGroups.HistoryWriters, ConsumerGroups.DeliveryWorkers])
            {
                var committed = await log.CommittedAsync(group, partition);
                if (committed > end)
                    throw new SimulationException(
                        $"{group} committed {committed}; partition {partition} ends at {end}.");
                if (committed < end)
                    return false;
            }
        }

        return true;
    }

    /// <summary>Where a run stands that came to no end.</summary>
    private IEnumerable<string> Situation() =>
    [
        _world.ToString(),
        .. _disk.Image.Committed.Select(committed => $"{committed.Key} has committed {committed.Value}"),
        .. _world.Observed.Invocations
            .Where(invocation => invocation.Attempts is not [.., { Outcome: not Checking.Outcome.Unknown }])
            .Select(invocation => $"{invocation.ClientId} of {invocation.Sender} in {invocation.Chat} was sent "
                + $"{invocation.Attempts.Count} times without an answer."),
    ];

    /// <summary>Notes what history holds, how it differs from what the log says, and what the devices are told.
    /// </summary>
    private async Task JudgeAsync()
    {
        var replay = await Replay.OfAsync(_nodes[^1].Log);
        var image = _disk.Image;
        foreach (var difference in image.Cells.Differences(replay.Cells).Take(RunChecker.ViolationsMax))
            _world.Violate("History is not what the log says. " + difference);
        foreach (var conflict in image.Cells.Conflicts)
            _world.Violate(conflict);

        var chats = await NoteHistoryAsync(_world, image, replay);
        var epilogue = new Epilogue(
            _world,
            _devices,
            () => _world.Node is { } node ? EndAsync(node, isGraceful: false) : Task.CompletedTask,
            new Random(_random.Next()))
        {
            LosePresence = _table is null ? null : _table.Lose,
        };
        await epilogue.TellAsync(chats);
        epilogue.CheckVisibility();
        if (_endsWithErasures) await EraseAsync(replay);
    }

    private async Task EraseAsync(Replay replay)
    {
        _erases = true;
        await CrashAsync();
        await new ErasureEpilogue(
            _world, _devices, _disk, _faults, CrashAsync, CatchUpAsync, () => Replay.OfAsync(_nodes[^1].Log),
            new Random(_random.Next())).TellAsync([.. replay.Chats]);

        Task CrashAsync() => _world.Node is { } node ? EndAsync(node, isGraceful: false) : Task.CompletedTask;
    }

    /// <summary>Notes what history holds; gives the chats of which it has every event.</summary>
    public static async Task<List<PlainChat>> NoteHistoryAsync(World world, HistoryImage image, Replay replay)
    {
        var chats = new List<PlainChat>();
        foreach (var state in replay.Chats)
        {
            var id = state.Chat.ToString();
            var entries = await image.Store.ReadEventsAsync(
                state.Chat, 1, 8_191, 8_191, reactionsTo: 0, CancellationToken.None);
            var edits = await EditsAsync(image.Store, entries);
            world.Observed.History[id] = [.. entries.Zip(edits, Rendering.Kept)];
            world.Observed.MustHaveSeen.Add((World.Everybody, id, 1, state.Seq));
            if (entries.Count == state.Seq)
                chats.Add(new PlainChat([.. entries.Zip(edits, Rendering.Event)]));
            else
                world.Violate($"Chat {id} has {entries.Count} events below its head {state.Seq}.");
        }

        return chats;
    }

    /// <summary>What each of the entries says when it is an edit.</summary>
    private static async Task<List<Body?>> EditsAsync(
        InMemoryHistoryStore store, IReadOnlyList<HistoryEntry> entries)
    {
        var edits = new List<Body?>();
        foreach (var (seq, record) in entries.Select(entry => ((long)entry.Event.Seq, entry.Event.Record)))
        {
            var target = (long)(record.Edit is null ? 0 : record.Target.Seq);
            var found = target == 0 ? [] : await store.ReadEventsAsync(
                new ChatId(record.Chat), target, target, seq, reactionsTo: 0, CancellationToken.None);
            edits.Add(found is [{ Edit: { } edit }] ? edit.Content : null);
        }

        return edits;
    }
}
