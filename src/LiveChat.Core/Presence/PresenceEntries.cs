using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Presence;

/// <summary>
/// Who is online by the signs that one node heard.
/// <code>
/// user → until when         a queue by time with one entry a user, put back when a beat has prolonged it
/// </code>
/// Changes are given back to be told outside of the lock. Any thread.
/// </summary>
internal sealed class PresenceEntries(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private readonly Lock _lock = new();
    private readonly Dictionary<UserId, TimeSpan> _until = [];
    private readonly PriorityQueue<UserId, TimeSpan> _ends = new();

    /// <summary>Takes signs of life; gives who came.</summary>
    public List<UserId> Refresh(IEnumerable<PresenceBeat> beats)
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
                    came.Add(user); // Expired, and nobody has looked: its entry is still in the queue.
                }

                if (until > former) _until[user] = until;
            }
        }

        return came;
    }

    /// <summary>The users are offline now.</summary>
    public void Drop(IEnumerable<UserId> users)
    {
        lock (_lock)
            foreach (var user in users)
                if (_until.ContainsKey(user))
                    _until[user] = TimeSpan.Zero; // Its entry in the queue finds it at the latest when it would expire.
    }

    /// <summary>Whether the user is online now.</summary>
    public bool Has(UserId user)
    {
        lock (_lock) return _until.TryGetValue(user, out var until) && until > Now();
    }

    /// <summary>Everybody who is online now, each for how long.</summary>
    public PresenceBeat[] Snapshot()
    {
        lock (_lock)
        {
            var now = Now();
            return
            [
                .. _until.Where(entry => entry.Value > now)
                    .Select(entry => new PresenceBeat(entry.Key, entry.Value - now)),
            ];
        }
    }

    /// <summary>Forgets whose time is over; gives those of them who were not dropped.</summary>
    public List<UserId> Expire()
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

        return gone;
    }

    private TimeSpan Now() => time.GetElapsedTime(_start);
}
