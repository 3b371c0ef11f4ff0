using System.Buffers.Binary;
using System.IO.Hashing;
using LiveChat.Core.Log;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// A group's view of the simulated log, whose partitions go and come back in the middle of work: taken back in good
/// order, or lost. Now and then it gives records again that it gave before. Now and then a partition stops, and is
/// moved then. Notes whoever reads or commits what is not its own, or reads on elsewhere than where the assignment
/// began. Threading: the scheduler's one thread.
/// </summary>
internal sealed class SimulatedReader(
    SimulatedLog log, string group, World world, Faults faults, Plant plant) : IPartitionReader
{
    /// <summary>Why a partition stops here that goes on once it was moved.</summary>
    public const string Gone = "The records are away until the partition moves.";

    private const int AgainMax = 3;
    private readonly Dictionary<int, Assignment> _assigned = [];
    private readonly HashSet<int> _stopped = [];

    /// <summary>Only where that is planted: whose revocation the owner was not told.</summary>
    private readonly HashSet<int> _unheard = [];

    public async Task RunAsync(IPartitionOwner owner, CancellationToken cancellationToken)
    {
        int[] all = [.. Enumerable.Range(0, log.Partitions)];
        await AssignAsync(owner, all, cancellationToken);
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500 + faults.Upto(15_000)), world.Time, cancellationToken);
                if (_stopped.Count > 0)
                    await MoveAsync(owner, [.. _stopped], cancellationToken);
                else if (faults.Strike(oneIn: 2))
                    await MoveAsync(owner, [.. all.Where(_ => faults.Upto(1) == 0)], cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await RevokeAsync(owner, [.. _assigned.Keys], isLost: false);
        }
    }

    public async ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken)
    {
        while (_unheard.Contains(partition))
            await Task.Delay(TimeSpan.FromSeconds(1), world.Time, cancellationToken);
        if (!_assigned.TryGetValue(partition, out var one))
            throw new OperationCanceledException();
        one.Reads(after, partition, this);
        if (faults.Strike(oneIn: 300))
        {
            _stopped.Add(partition);
            throw new LogTrimmedException(Gone);
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, one.Revoked.Token);
        var entries = await log.ReadAsync(partition, after, bytesMax, either.Token);
        either.Token.ThrowIfCancellationRequested();
        one.After = entries[^1].Position;
        var again = faults.Strike(oneIn: 30) ? one.Given : [];
        one.Given = [.. entries.TakeLast(AgainMax)];
        return [.. again, .. entries.Select(Spoiled)];
    }

    public async ValueTask CommitAsync(
        IReadOnlyDictionary<int, Position> processed, CancellationToken cancellationToken)
    {
        foreach (var partition in processed.Keys)
            world.Require(
                _assigned.TryGetValue(partition, out var one) && !one.IsLost,
                $"{group} commits partition {partition}, which it does not have.");
        await log.CommitAsync(group, processed, cancellationToken);
    }

    public ValueTask<IReadOnlyDictionary<int, Position>> CommittedAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken) =>
        log.CommittedAsync(group, partitions, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task MoveAsync(IPartitionOwner owner, int[] some, CancellationToken cancellationToken)
    {
        if (some.Length == 0) return;
        await RevokeAsync(owner, some, isLost: faults.Upto(2) == 0);
        await faults.PauseAsync(millisecondsMax: 1_000);
        await AssignAsync(owner, some, cancellationToken);
    }

    private async Task AssignAsync(IPartitionOwner owner, int[] some, CancellationToken cancellationToken)
    {
        world.Trace($"{group} gets {string.Join(' ', some)}");
        foreach (var partition in some) _assigned[partition] = new Assignment();
        int[] told = [.. some.Where(one => !_unheard.Remove(one))];
        foreach (var partition in some.Except(told))
            _assigned[partition].After = log.CommittedNow(group, partition);
        foreach (var (partition, start) in await owner.AssignAsync(told, cancellationToken))
            _assigned[partition].Began(start);
    }

    private async Task RevokeAsync(IPartitionOwner owner, int[] some, bool isLost)
    {
        world.Trace($"{group} {(isLost ? "loses" : "gives back")} {string.Join(' ', some)}");
        foreach (var partition in some)
        {
            _assigned[partition].IsLost = isLost;
            if (IsKeptFromOwner(partition)) _unheard.Add(partition);
        }

        int[] told = [.. some.Where(one => !_unheard.Contains(one))];
        await owner.RevokeAsync(told, isLost && plant != Plant.CommittedAfterLoss, CancellationToken.None);
        foreach (var partition in told)
        {
            var one = _assigned[partition];
            one.Revoked.Cancel();
            if (group == ConsumerGroups.DeliveryWorkers && log.CommittedNow(group, partition) != one.After)
                world.Repeat(partition);
        }

        foreach (var partition in some) _assigned.Remove(partition);
        if (plant != Plant.StopRemembered) _stopped.ExceptWith(some);
    }

    private bool IsKeptFromOwner(int partition) => plant switch
    {
        Plant.LoopUsedAgain => faults.Strike(oneIn: 2),
        Plant.StopRemembered => _stopped.Contains(partition),
        _ => false,
    };

    /// <summary>Only where that is planted: what a version sees that knows no ticks.</summary>
    private LogEntry Spoiled(LogEntry entry)
    {
        if (plant != Plant.TickStopsOneGroup || group != ConsumerGroups.HistoryWriters
            || !entry.Bytes.Span.SequenceEqual(RecordEnvelope.Tick.Span)) return entry;
        var bytes = entry.Bytes.ToArray();
        bytes[1] = byte.MaxValue;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(^8..), XxHash3.HashToUInt64(bytes.AsSpan(..^8)));
        return entry with { Bytes = bytes };
    }

    private void Require(bool holds, string what, int partition) =>
        world.Require(holds, $"{group}, partition {partition}: {what}");

    /// <summary>A partition from its assignment to its revocation.</summary>
    private sealed class Assignment
    {
        public CancellationTokenSource Revoked { get; } = new();

        /// <summary>The last position that was read; before, where the owner begins.</summary>
        public Position? After { get; set; }

        public bool IsLost { get; set; }

        /// <summary>The last records that were given.</summary>
        public IReadOnlyList<LogEntry> Given { get; set; } = [];

        public void Reads(Position after, int partition, SimulatedReader reader)
        {
            reader.Require(After is null || After == after, "it is read elsewhere than where it was", partition);
            After = after;
        }

        /// <summary>The loop may have read before the owner has answered.</summary>
        public void Began(Position start) => After ??= start;
    }
}
