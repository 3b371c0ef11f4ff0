using LiveChat.Core.Timing;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Presence;

/// <summary>
/// Presence of a single node.
/// <code>
/// user → until when         a queue by time with one entry a user, put back when a beat has prolonged it
/// </code>
/// The wheel looks once a second who has expired; reads look at the time themselves, so nobody is online too long. Any
/// thread; the lock keeps both together, and the listener is called outside of it.
/// </summary>
internal sealed class InProcessPresenceStore : IPresenceStore, ITimed
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly Lock _lock = new();
    private readonly Dictionary<UserId, TimeSpan> _until = [];
    private readonly PriorityQueue<UserId, TimeSpan> _ends = new();
    private volatile Action<UserId> _changed = static _ => { };

    public InProcessPresenceStore(TimingWheel wheel, TimeProvider time)
    {
        _time = time;
        _start = time.GetTimestamp();
        wheel.Add(this, LookEvery);
    }

    public void Listen(Action<UserId> changed) => _changed = changed;

    public ValueTask RefreshAsync(IReadOnlyList<PresenceBeat> beats, CancellationToken cancellationToken)
    {
        var came = new List<UserId>();
        lock (_lock)
        {
            var now = Now();
            foreach (var (user, left) in beats)
            {
                var until = now + left;
                if (until <= now) continue;
                if (!_until.TryGetValue(user, out var former))
                {
                    _ends.Enqueue(user, until);
                    came.Add(user);
                }
                else if (former <= now)
                {
                    came.Add(user); // Expired, and the wheel has not seen it: its entry is still in the queue.
                }

                if (until > former) _until[user] = until;
            }
        }

        Tell(came);
        return ValueTask.CompletedTask;
    }

    public ValueTask DropAsync(IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        lock (_lock)
            foreach (var user in users)
                if (_until.ContainsKey(user))
                    _until[user] = TimeSpan.Zero; // Its entry in the queue finds it at the latest when it would expire.
        Tell(users);
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<bool>> ReadAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(users.Count, PresenceLimits.UsersMax);
        lock (_lock)
        {
            var now = Now();
            return ValueTask.FromResult<IReadOnlyList<bool>>(
                [.. users.Select(user => _until.TryGetValue(user, out var until) && until > now)]);
        }
    }

    public ValueTask AnnounceAsync(UserId user, CancellationToken cancellationToken)
    {
        Tell([user]);
        return ValueTask.CompletedTask;
    }

    public TimeSpan? OnDue()
    {
        var gone = new List<UserId>();
        lock (_lock)
        {
            var now = Now();
            while (_ends.TryPeek(out var user, out var end) && end <= now)
            {
                _ends.Dequeue();
                var until = _until[user];
                if (until > now)
                {
                    _ends.Enqueue(user, until);
                    continue;
                }

                _until.Remove(user);
                if (until > TimeSpan.Zero) gone.Add(user); // Who was dropped was told of then.
            }
        }

        Tell(gone);
        return LookEvery;
    }

    private TimeSpan Now() => _time.GetElapsedTime(_start);

    private void Tell(IReadOnlyList<UserId> users)
    {
        foreach (var user in users) _changed(user);
    }
}
