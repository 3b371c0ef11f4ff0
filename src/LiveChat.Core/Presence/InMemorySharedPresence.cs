using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Presence;

/// <summary>A table of presence in memory, of which each node has its own view. What it holds can be taken from it, as
/// a server that dies takes it. Any thread; the lock keeps all of it, and news is told outside of it.</summary>
internal sealed class InMemorySharedPresence(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();

    /// <summary>User → node → until when.</summary>
    private readonly Dictionary<UserId, Dictionary<string, TimeSpan>> _entries = [];
    private readonly HashSet<string> _probed = [];
    private readonly Dictionary<string, Follower> _followers = [];

    /// <summary>How much news was told to a node.</summary>
    public int ToldTo(string node)
    {
        lock (_lock) return _followers.GetValueOrDefault(node)?.Count ?? 0;
    }

    public ISharedPresence Of(string node) => new View(this, node);

    /// <summary>Forgets these users, and that nodes have written.</summary>
    /// <param name="isLost">Who is forgotten.</param>
    /// <param name="isNoticed">False lets nobody notice it: a fault.</param>
    public void Lose(Func<UserId, bool> isLost, bool isNoticed = true)
    {
        lock (_lock)
        {
            foreach (var user in _entries.Keys.Where(isLost).ToArray()) _entries.Remove(user);
            if (isNoticed) _probed.Clear();
        }
    }

    private void Tell(IEnumerable<PresenceNews> news)
    {
        foreach (var one in news)
        {
            Follower[] followers;
            lock (_lock) followers = [.. _followers.Values.Where(follower => follower.Users.Contains(one.User))];
            foreach (var follower in followers)
            {
                follower.Count++;
                follower.Told(one);
            }
        }
    }

    private TimeSpan Left(UserId user) => _entries.TryGetValue(user, out var nodes) && nodes.Count > 0
        ? nodes.Values.Max() - time.GetElapsedTime(_start)
        : TimeSpan.Zero;

    private sealed class Follower(Action<PresenceNews> told)
    {
        public Action<PresenceNews> Told => told;

        public HashSet<UserId> Users { get; } = [];

        public int Count { get; set; }
    }

    private sealed class View(InMemorySharedPresence table, string node) : ISharedPresence
    {
        private bool _hasProbed;
        private long _losses;

        public ValueTask RefreshAsync(IReadOnlyList<PresenceBeat> beats, CancellationToken cancellationToken)
        {
            var came = new List<PresenceNews>();
            lock (table._lock)
                foreach (var (user, left) in beats.Where(static beat => beat.Left > TimeSpan.Zero))
                {
                    if (table.Left(user) <= TimeSpan.Zero) came.Add(new PresenceNews(PresenceNewsKind.Came, user));
                    if (!table._entries.TryGetValue(user, out var nodes)) table._entries.Add(user, nodes = []);
                    var until = table.Now() + left;
                    if (until > nodes.GetValueOrDefault(node)) nodes[node] = until;
                }

            table.Tell(came);
            return ValueTask.CompletedTask;
        }

        public ValueTask DropAsync(IReadOnlyList<UserId> users, CancellationToken cancellationToken)
        {
            var went = new List<PresenceNews>();
            lock (table._lock)
                foreach (var user in users)
                {
                    if (table._entries.TryGetValue(user, out var nodes)) nodes.Remove(node);
                    if (table.Left(user) > TimeSpan.Zero) continue;
                    table._entries.Remove(user);
                    went.Add(new PresenceNews(PresenceNewsKind.Went, user));
                }

            table.Tell(went);
            return ValueTask.CompletedTask;
        }

        public ValueTask<IReadOnlyList<TimeSpan>> ReadAsync(
            IReadOnlyList<UserId> users, CancellationToken cancellationToken)
        {
            lock (table._lock)
                return table._probed.Contains(node)
                    ? ValueTask.FromResult<IReadOnlyList<TimeSpan>>([.. users.Select(table.Left)])
                    : throw new PresenceDegradedException("The table has lost entries.");
        }

        public ValueTask AnnounceAsync(UserId user, CancellationToken cancellationToken)
        {
            table.Tell([new PresenceNews(PresenceNewsKind.Changed, user)]);
            return ValueTask.CompletedTask;
        }

        public ValueTask FollowAsync(
            IReadOnlyList<UserId> begun,
            IReadOnlyList<UserId> ended,
            Action<PresenceNews> told,
            CancellationToken cancellationToken)
        {
            lock (table._lock)
            {
                if (!table._followers.TryGetValue(node, out var follower) || follower.Told != told)
                    table._followers[node] = follower = new Follower(told);
                follower.Users.UnionWith(begun);
                follower.Users.ExceptWith(ended);
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask<long> ProbeAsync(CancellationToken cancellationToken)
        {
            lock (table._lock)
            {
                if (table._probed.Add(node) && _hasProbed) _losses++;
                _hasProbed = true;
                return ValueTask.FromResult(_losses);
            }
        }
    }

    private TimeSpan Now() => time.GetElapsedTime(_start);
}
