using LiveChat.Core.Log;
using LiveChat.Core.Sequencing;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Checking;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// One run: five users talk in three chats while their node is killed a few times, with a log and a store that do
/// everything that their ports allow. Then the world heals, the workers catch up, and what was seen is judged.
/// A run is a function of its seed.
/// </summary>
internal sealed class Simulation : IDisposable
{
    private const int Partitions = 2;
    private const int CommandsPerUser = 14;
    private const int CrashesMax = 6;
    private const int CrashWithinMs = 5_000;
    private static readonly TimeSpan TalkMax = TimeSpan.FromHours(4);
    private static readonly TimeSpan CatchUpMax = TimeSpan.FromMinutes(10);

    private readonly Random _random;
    private readonly SeededScheduler _scheduler;
    private readonly World _world;
    private readonly Faults _faults;
    private readonly Plant _plant;
    private readonly bool _isSynced;
    private readonly WorkerOptions _options;
    private readonly SimulatedDisk<HistoryImage> _disk = new(static () => new HistoryImage());
    private SimulatedNode? _node;

    private Simulation(int seed, Plant plant)
    {
        _random = new Random(seed);
        _scheduler = new SeededScheduler(_random.Next());
        _world = new World(_scheduler, new Random(_random.Next()));
        _faults = new Faults(_random.Next(), _scheduler.Time);
        _plant = plant;
        _isSynced = _random.Next(2) == 0;

        // Half of the runs with so little memory that chats and keys leave it all the time.
        var isSmall = _random.Next(2) == 0;
        _options = new WorkerOptions
        {
            ChatsMax = isSmall ? Partitions : 1000,
            KeysMax = isSmall ? 4 * Partitions : 1000,
            WaitingMax = isSmall ? 4 : 1000,
            ReadsAtOnce = 1024,
            CommitEvery = TimeSpan.FromMilliseconds(_random.Next(100, 2_000)),
        };
    }

    /// <summary>Runs the seed; an empty list when everything held.</summary>
    public static IReadOnlyList<string> Run(int seed, Plant plant = Plant.None)
    {
        using var simulation = new Simulation(seed, plant);
        try
        {
            simulation._scheduler.Run(simulation.TellAsync);
        }
        catch (Exception exception)
        {
            return [.. simulation._world.Violations, exception.ToString(), .. simulation.Situation()];
        }

        return [.. simulation._world.Violations, .. RunChecker.Check(simulation._world.Observed)];
    }

    /// <summary>Everything that was seen when the seed ran, as text.</summary>
    public static string Trace(int seed)
    {
        using var simulation = new Simulation(seed, Plant.None);
        simulation._scheduler.Run(simulation.TellAsync);
        return $"{simulation._world}\n{string.Join('\n', simulation._world.Observed.Sightings)}";
    }

    public void Dispose() => _node?.Dispose();

    private async Task TellAsync()
    {
        for (var i = 0; i < 3; i++)
            _world.AddChat((ulong)(i + 1), _world.Users[i], isDirect: i == 0);
        StartNode(new SimulatedLog(Partitions, _faults, _world.Time, _disk, _plant));
        var talking = Task.WhenAll(_world.Users.Select(Talk)).WaitAsync(TalkMax, _world.Time);
        for (var crashes = _random.Next(CrashesMax + 1); crashes > 0 && !talking.IsCompleted; crashes--)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(1, CrashWithinMs)), _world.Time);
            await CrashAsync();
        }

        await talking;
        if (_random.Next(2) == 0)
            await CrashAsync();
        _faults.Heal();
        await CatchUpAsync();
        await ReadHistoryAsync();
    }

    private Task Talk(UserId user, int number)
    {
        var client = new SimulatedClient(_world, user, number, CommandsPerUser, new Random(_random.Next()));
        return new SimulatedProcess(_scheduler, user.Value).CallAsync(async () =>
        {
            await client.TalkAsync();
            return true;
        });
    }

    private void StartNode(SimulatedLog log)
    {
        _world.Life++;
        var process = new SimulatedProcess(_scheduler, $"node {_world.Life}");
        var elsewhere = new SimulatedProcess(_scheduler, "another node");
        var store = new SimulatedHistoryStore(_disk, _faults, _isSynced, process, elsewhere, _plant);
        _node = new SimulatedNode(_world, process, log, store, _options, _plant, _random.Next());
        _node.Start();
        _world.Node = _node;
    }

    private async Task CrashAsync()
    {
        var dead = _node!;
        dead.Process.Kill();
        dead.Dispose();
        _world.Node = null;
        _disk.Crash(_faults.Upto(_disk.Unsynced));
        await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(1, 3_000)), _world.Time);
        StartNode(dead.Log.Reopen());
    }

    /// <summary>Waits until both groups have passed the end of the log.</summary>
    private async Task CatchUpAsync()
    {
        var deadline = _world.Time.GetUtcNow() + CatchUpMax;
        while (!await HasCaughtUpAsync())
        {
            if (_world.Time.GetUtcNow() > deadline)
                throw new SimulationException(
                    $"The workers did not catch up. Stopped: {string.Join("; ", _node!.Stopped)}");
            await Task.Delay(TimeSpan.FromSeconds(1), _world.Time);
        }
    }

    private async Task<bool> HasCaughtUpAsync()
    {
        for (var partition = 0; partition < Partitions; partition++)
        {
            var end = (await _node!.Log.RangeAsync(partition, CancellationToken.None)).End;
            foreach (var group in (string[])[ConsumerGroups.HistoryWriters, ConsumerGroups.DeliveryWorkers])
            {
                var committed = await _node.Log.CommittedAsync(group, partition, CancellationToken.None);
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
    private IEnumerable<string> Situation() => _node is null ? [] : (IEnumerable<string>)
    [
        _world.ToString(),
        .. _disk.Image.Committed.Select(committed => $"{committed.Key} has committed {committed.Value}"),
        .. _node.Stopped,
        .. _world.Observed.Invocations
            .Where(invocation => invocation.Attempts is not [.., { Outcome: not Outcome.Unknown }])
            .Select(invocation => $"{invocation.ClientId} of {invocation.Sender} in {invocation.Chat} was sent "
                + $"{invocation.Attempts.Count} times without an answer."),
    ];

    /// <summary>Notes what history holds, and how it differs from what the log says.</summary>
    private async Task ReadHistoryAsync()
    {
        var store = _disk.Image.Store;
        foreach (var chat in _world.Chats)
        {
            var head = store.ReadHead(chat.Id)?.Seq ?? 0;
            var entries = store.ReadEvents(chat.Id, 1, long.MaxValue);
            var kept = entries.Select(entry => Rendering.Kept(
                entry, seq => entries.FirstOrDefault(target => (long)target.Event.Seq == seq))).ToList();
            if (kept.Count != head)
                _world.Violate($"Chat {chat.Id} has {kept.Count} events below its head {head}.");
            _world.Observed.History[chat.Id.ToString()] = kept;
            _world.Observed.MustHaveSeen.Add((World.Everybody, chat.Id.ToString(), 1, head));
        }

        var expected = await Replay.OfAsync(_node!.Log);
        foreach (var difference in store.Differences(expected).Take(RunChecker.ViolationsMax))
            _world.Violate("History is not what the log says. " + difference);
    }
}
