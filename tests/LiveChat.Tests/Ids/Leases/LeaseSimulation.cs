using LiveChat.Core.Ids;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Simulation;

namespace LiveChat.Tests.Ids.Leases;

/// <summary>
/// Holders of node ids for two hours, on a store that loses requests and answers: they crash, are started twice under
/// one name, lose their folders, are stopped, and have clocks that are set. Four ids are free, as many as there are
/// holders. Each id is issued once, whatever happens. More is checked, since two may issue apart by luck: of one node
/// id, what one life issues is not mixed with what another does.
/// </summary>
internal sealed class LeaseSimulation
{
    private const int HoldersCount = 4;
    private const int FreeIds = 4;
    private const int StepsMax = 3_000_000;
    private static readonly TimeSpan Duration = TimeSpan.FromHours(2);

    private readonly SeededScheduler _scheduler;
    private readonly Random _random;
    private readonly LeasePlant _plant;

    /// <summary>By node id, what each life issued first and last.</summary>
    private readonly Dictionary<int, Dictionary<int, (ulong First, ulong Last)>> _issued = [];
    private readonly List<string> _violations = [];
    private SimulatedFolder? _shared;
    private int _lives;
    private int _count;

    private LeaseSimulation(int seed, LeasePlant plant) =>
        (_scheduler, _random, _plant) = (new SeededScheduler(seed, StepsMax), new Random(seed), plant);

    /// <summary>What was broken, and how many ids were issued.</summary>
    public static (IReadOnlyList<string> Violations, int Issued) Run(int seed, LeasePlant plant = LeasePlant.None)
    {
        var simulation = new LeaseSimulation(seed, plant);
        simulation._scheduler.Run(simulation.TellAsync);
        return (simulation._violations, simulation._count);
    }

    private async Task TellAsync()
    {
        var store = new FaultyNodeIdStore(
            new SimulatedProcess(_scheduler, "store"), _scheduler.Time, _random, _plant);
        for (var id = FreeIds; id < 1 << Snowflake.NodeBits; id++)
            store.Put(new NodeIdRow(id, "other", Guid.Empty, long.MaxValue));
        await Task.WhenAll([
            AwayNowAndThenAsync(store),
            .. Enumerable.Range(0, HoldersCount).Select(number => LiveAsync(store, number))]);
    }

    private async Task AwayNowAndThenAsync(FaultyNodeIdStore store)
    {
        while (_scheduler.Time.GetUtcNow() < End)
        {
            await Task.Delay(TimeSpan.FromMinutes(_random.Next(1, 40)), _scheduler.Time);
            store.IsAway = true;
            await Task.Delay(TimeSpan.FromMinutes(_random.Next(1, 25)), _scheduler.Time);
            store.IsAway = false;
        }
    }

    /// <summary>One life after the other; the first two holders have one name, as a node that was started twice.
    /// </summary>
    private async Task LiveAsync(FaultyNodeIdStore store, int number)
    {
        var folder = new SimulatedFolder(_plant);
        if (_plant is LeasePlant.FolderWithoutLock && number < 2) folder = _shared ??= folder;
        while (_scheduler.Time.GetUtcNow() < End)
        {
            var life = ++_lives;
            if (_random.Next(3) == 0) folder.Lose();
            using var holder = new LeaseHolder(
                _scheduler, store, _random.Next(8) == 0 ? null : folder.Open(), $"n{Math.Max(number, 1)}",
                _random.Next(), id => Note(life, id))
            {
                Time = { Offset = TimeSpan.FromMilliseconds(_random.Next(-8_000, 8_000)) },
            };
            holder.Start(TimeSpan.FromSeconds(_random.Next(1, 20)));
            for (var minutes = _random.Next(1, 40); minutes > 0; minutes--)
            {
                await Task.Delay(TimeSpan.FromMinutes(1) * _random.NextDouble(), _scheduler.Time);
                if (_random.Next(6) == 0) holder.Time.Offset = SomeOffset();
            }

            if (_random.Next(3) == 0)
            {
                await holder.StopAsync();
                continue;
            }

            holder.Kill();
            folder.Crash();
        }
    }

    private static DateTimeOffset End => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) + Duration;

    /// <summary>Mostly right; now and then minutes or hours off.</summary>
    private TimeSpan SomeOffset() => _random.Next(4) switch
    {
        0 => TimeSpan.FromSeconds(_random.Next(-3_600, 3_600)),
        1 => TimeSpan.FromSeconds(_random.Next(-60, 60)),
        _ => TimeSpan.FromMilliseconds(_random.Next(-8_000, 8_000)),
    };

    private void Note(int life, ulong id)
    {
        _count++;
        var node = Snowflake.Node(id);
        if (!_issued.TryGetValue(node, out var lives)) _issued.Add(node, lives = []);
        var (first, last) = lives.GetValueOrDefault(life, (id, 0UL));
        if (id <= last) _violations.Add($"Life {life} issued {id} after {last}.");
        lives[life] = (first, id);
        foreach (var (other, theirs) in lives)
            if (other != life && first <= theirs.Last && theirs.First <= id)
                _violations.Add($"Lives {other} and {life} both issued what lies between {theirs.First} and {id}.");
    }
}
