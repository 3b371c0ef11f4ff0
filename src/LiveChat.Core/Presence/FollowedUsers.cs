using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Presence;

/// <summary>
/// The users whom a node follows in a shared table of presence: what it knows of each, and when it looks again, since
/// an expiry tells nobody. A user is looked at when the last sign that is known runs out, and every 30 s in any case:
/// news may get lost. Any thread; the lock keeps all of it. At most <see cref="PresenceLimits.NodeWatchedMax"/> users
/// and those who watch.
/// </summary>
internal sealed class FollowedUsers(TimeProvider time)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(30);

    private readonly long _start = time.GetTimestamp();
    private readonly Lock _lock = new();
    private readonly Dictionary<UserId, Followed> _users = [];
    private readonly HashSet<UserId> _begun = [];
    private readonly HashSet<UserId> _ended = [];

    /// <summary>By time; one whose time has changed since counts for nothing.</summary>
    private readonly PriorityQueue<(UserId User, TimeSpan At), TimeSpan> _looks = new();

    public int Count
    {
        get
        {
            lock (_lock) return _users.Count;
        }
    }

    public void Change(IReadOnlyList<UserId> begun, IReadOnlyList<UserId> ended)
    {
        lock (_lock)
        {
            foreach (var user in ended)
                if (_users.Remove(user) && !_begun.Remove(user))
                    _ended.Add(user);
            foreach (var user in begun)
                if (_users.TryAdd(user, new Followed()) && !_ended.Remove(user))
                    _begun.Add(user);
                else
                    LookAt(user, Now());
        }
    }

    /// <summary>Some of those whom the table is to be told of; taken until they are put back.</summary>
    public (UserId[] Begun, UserId[] Ended) TakeChanges(int usersMax)
    {
        lock (_lock)
        {
            UserId[] begun = [.. _begun.Take(usersMax)];
            UserId[] ended = [.. _ended.Take(usersMax)];
            _begun.ExceptWith(begun);
            _ended.ExceptWith(ended);
            return (begun, ended);
        }
    }

    /// <summary>The table was not told.</summary>
    public void PutBack(UserId[] begun, UserId[] ended)
    {
        lock (_lock)
        {
            // Those who changed again meanwhile are followed, or not, by what they are now.
            foreach (var user in begun)
                if (_users.ContainsKey(user))
                    _begun.Add(user);
            foreach (var user in ended)
                if (!_users.ContainsKey(user))
                    _ended.Add(user);
        }
    }

    /// <summary>The users are looked at with the next turn.</summary>
    public void Look(IReadOnlyList<UserId> users)
    {
        lock (_lock)
            foreach (var user in users)
                LookAt(user, Now());
    }

    /// <summary>Nothing is known of anybody: news got lost.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _looks.Clear();
            foreach (var (user, followed) in _users)
            {
                followed.IsOnline = null;
                LookAt(user, Now());
            }
        }
    }

    /// <summary>Whether the user is followed, who came or went.</summary>
    public bool Hear(UserId user, bool isOnline)
    {
        lock (_lock)
        {
            if (!_users.TryGetValue(user, out var followed)) return false;
            followed.IsOnline = isOnline;
            LookAt(user, Now());
            return true;
        }
    }

    /// <summary>Users who are to be looked at now.</summary>
    public List<UserId> TakeDue(int usersMax)
    {
        var due = new List<UserId>();
        lock (_lock)
        {
            var now = Now();
            while (due.Count < usersMax && _looks.TryPeek(out var look, out var at) && at <= now)
            {
                _looks.Dequeue();
                if (_users.TryGetValue(look.User, out var followed) && followed.LookAt == look.At)
                    due.Add(look.User);
            }
        }

        return due;
    }

    /// <summary>Takes what a look found; whether it is news.</summary>
    public bool Saw(UserId user, TimeSpan left)
    {
        lock (_lock)
        {
            if (!_users.TryGetValue(user, out var followed)) return false;
            var isOnline = left > TimeSpan.Zero;
            var isNews = followed.IsOnline != isOnline;
            followed.IsOnline = isOnline;
            LookAt(user, Now() + (isOnline && left < LookEvery ? left : LookEvery));
            return isNews;
        }
    }

    private void LookAt(UserId user, TimeSpan at)
    {
        if (!_users.TryGetValue(user, out var followed)) return;
        followed.LookAt = at;
        _looks.Enqueue((user, at), at);
    }

    private TimeSpan Now() => time.GetElapsedTime(_start);

    private sealed class Followed
    {
        /// <summary>Null while nothing is known.</summary>
        public bool? IsOnline { get; set; }

        public TimeSpan LookAt { get; set; }
    }
}
