using LiveChat.Core.Log;
using LiveChat.Core.Timing;

namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>
/// A consumer group over the nodes: partitions go from one member to another in the middle of work, in good order or
/// not. A member that is dead or frozen loses its partitions after some seconds; one that cannot reach the coordinator
/// does not hear of it for a while, and reads on beside the new owner. A member that lost something commits nothing
/// until it has heard of it. Threading: the scheduler's one thread; changes of a member run in its process, one at a
/// time.
/// </summary>
internal sealed class ClusterGroup(
    ClusterLog log, string group, World world, Faults faults, ClusterPlant plant = ClusterPlant.None)
{
    private static readonly TimeSpan SessionTimeout = TimeSpan.FromSeconds(4);

    private readonly World _world = world;
    private readonly Faults _faults = faults;
    private readonly ClusterLog _log = log;
    private readonly List<Member> _members = [];
    private readonly Member?[] _owners = new Member?[log.Partitions];
    private readonly Position[] _committed = new Position[log.Partitions];
    private readonly Dictionary<(string Node, int Partition), DateTimeOffset> _lostAt = [];
    private readonly ClusterPlant _plant = plant;

    private DateTimeOffset Now => _world.Time.GetUtcNow();

    /// <summary>What the group has committed.</summary>
    public Position Committed(int partition) => _committed[partition];

    /// <summary>The node that has the partition; null while none has.</summary>
    public string? OwnerOf(int partition) => _owners[partition]?.Name;

    /// <summary>Whether the node has the partition, or had it within the time.</summary>
    public bool HadWithin(string node, int partition, TimeSpan time) =>
        OwnerOf(partition) == node
        || (_lostAt.TryGetValue((node, partition), out var lostAt) && Now - lostAt <= time);

    /// <summary>Whether a member goes on with the partition that is not its own any more.</summary>
    public bool IsShared(int partition) =>
        _members.Exists(member => member != _owners[partition] && member.GoesOnWith(partition));

    /// <summary>A node's view of the group.</summary>
    public IPartitionReader Join(SimulatedProcess process) => new Member(this, process);

    /// <summary>Gives partitions to members, for as long as the world lasts.</summary>
    public async Task CoordinateAsync()
    {
        while (!_world.IsOver)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200 + _faults.Upto(600)), _world.Time);
            for (var partition = 0; partition < _log.Partitions; partition++) Look(partition);
        }
    }

    private void Look(int partition)
    {
        var owner = _owners[partition];
        var live = _members.Where(static member => member.IsLive).ToArray();
        if (owner is not null && !owner.IsLive) Lose(partition, owner, isHeard: true);
        else if (owner is not null && live.Length > 1 && _faults.Strike(oneIn: 25)) Move(partition, owner);
        if (_owners[partition] is not null || live.Length == 0) return;
        var next = live[_faults.Upto(live.Length - 1)];
        if (next.Has(partition)) return; // It has not heard yet that it lost it.
        _owners[partition] = next;
        _world.Trace($"{group}: {next.Name} gets {partition}");
        next.Give(partition);
    }

    /// <summary>Now and then the owner does not hear of it for a while.</summary>
    private void Move(int partition, Member owner)
    {
        if (_faults.Upto(2) > 0) owner.Change(partition, isCome: false, isLost: false);
        else Lose(partition, owner, isHeard: _faults.Upto(1) == 0);
    }

    private void Lose(int partition, Member owner, bool isHeard)
    {
        _world.Trace($"{group}: {owner.Name} loses {partition}{(isHeard ? "" : " without hearing of it")}");
        Free(partition, owner);
        owner.ChangeLater(partition, isHeard ? TimeSpan.Zero : TimeSpan.FromSeconds(1 + _faults.Upto(20)));
    }

    private void Free(int partition, Member owner)
    {
        _owners[partition] = null;
        _lostAt[(owner.Name, partition)] = Now;
    }

    /// <summary>A member of the group.</summary>
    private sealed class Member(ClusterGroup of, SimulatedProcess process) : IPartitionReader
    {
        private readonly Queue<(int Partition, bool IsCome, bool IsLost)> _changes = [];
        private readonly Dictionary<int, CancellationTokenSource> _assigned = [];
        private readonly Dictionary<int, int> _gifts = [];
        private readonly Signal _changed = new();
        private DateTimeOffset _seenAt = of.Now;
        private bool _hasLeft;

        public string Name => process.Name;

        public bool IsLive
        {
            get
            {
                if (!process.IsDead && !process.IsFrozen) _seenAt = of.Now;
                return !_hasLeft && of.Now - _seenAt < SessionTimeout;
            }
        }

        public bool GoesOnWith(int partition) => !process.IsDead && _assigned.ContainsKey(partition);

        public bool Has(int partition) =>
            _assigned.ContainsKey(partition) || _changes.Any(change => change.Partition == partition);

        public void Give(int partition)
        {
            _gifts[partition] = _gifts.GetValueOrDefault(partition) + 1;
            Change(partition, isCome: true, isLost: false);
        }

        public void Change(int partition, bool isCome, bool isLost)
        {
            _changes.Enqueue((partition, isCome, isLost));
            _changed.Set();
        }

        /// <summary>It hears that it lost the partition, unless it left it meanwhile and was given it once more.
        /// </summary>
        public void ChangeLater(int partition, TimeSpan after)
        {
            if (process.IsDead) return;
            var gift = _gifts.GetValueOrDefault(partition);
            process.Start(async () =>
            {
                await Task.Delay(after + TimeSpan.FromMilliseconds(1), of._world.Time);
                if (_gifts.GetValueOrDefault(partition) == gift) Change(partition, isCome: false, isLost: true);
            });
        }

        public async Task RunAsync(IPartitionOwner owner, CancellationToken cancellationToken)
        {
            of._members.Add(this);
            try
            {
                while (true)
                {
                    while (_changes.TryPeek(out var change))
                    {
                        await ApplyAsync(owner, change);
                        _changes.Dequeue();
                    }

                    await _changed.NextAsync().InContextAsync().WaitAsync(cancellationToken);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                _hasLeft = true;
                foreach (var partition in _assigned.Keys.ToArray()) await ApplyAsync(owner, (partition, false, false));
                of._members.Remove(this);
            }
        }

        public async ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
            int partition, Position after, int bytesMax, CancellationToken cancellationToken)
        {
            if (!_assigned.TryGetValue(partition, out var revoked)) throw new OperationCanceledException();
            await of._faults.PauseAsync(millisecondsMax: 20);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, revoked.Token);
            return await of._log.ReadAsync(partition, after, bytesMax, either.Token);
        }

        public ValueTask CommitAsync(
            IReadOnlyDictionary<int, Position> processed, CancellationToken cancellationToken)
        {
            if (of._faults.Strike(oneIn: 20)) throw new LogUnavailableException("Nobody answers.");
            if (of._plant != ClusterPlant.LosersCommit
                && _assigned.Keys.Any(partition => of._owners[partition] != this))
                throw new LogUnavailableException("Another member has it.");
            foreach (var (partition, position) in processed)
                if (position > of._committed[partition]) of._committed[partition] = position;
            return ValueTask.CompletedTask;
        }

        public ValueTask<IReadOnlyDictionary<int, Position>> CommittedAsync(
            IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
        {
            if (of._faults.Strike(oneIn: 20)) throw new LogUnavailableException("Nobody answers.");
            return ValueTask.FromResult<IReadOnlyDictionary<int, Position>>(
                partitions.ToDictionary(static one => one, one => of._committed[one]));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private async Task ApplyAsync(IPartitionOwner owner, (int Partition, bool IsCome, bool IsLost) change)
        {
            var (partition, isCome, isLost) = change;
            if (isCome)
            {
                of._world.Repeat(partition); // What was told and not committed is told again.
                _assigned[partition] = new CancellationTokenSource();
                await owner.AssignAsync([partition], CancellationToken.None);
                return;
            }

            if (!_assigned.TryGetValue(partition, out var revoked)) return;
            await owner.RevokeAsync([partition], isLost, CancellationToken.None);
            revoked.Cancel();
            _assigned.Remove(partition);
            if (!isLost && of._owners[partition] == this) of.Free(partition, this);
        }
    }

}
