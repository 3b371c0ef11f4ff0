using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Timing;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Presence;

/// <summary>
/// Who watches whom on this node. The store says that a user changed; a loop reads what is to be said, asks for
/// the roster, and tells those watchers who share the chat with the user still, each at most once a
/// second of one user. What an outbox has no room for is said later, if it is still so: the last state wins, and waits
/// behind everybody else's, so that a watcher who reads slowly delays nobody for long. Sessions and the store call from
/// any thread, one loop turns; the lock keeps the index. The queue holds a user once: at most all who are watched. The
/// loop also says to the store of whom the node wants to hear: of those who are watched, and of those who watch.
/// </summary>
internal sealed class PresenceWatches(
    IPresenceStore store,
    PresenceStates states,
    ChatStates chats,
    SessionDirectory sessions,
    PresenceCalls calls,
    TimeProvider time)
{
    private const int TurnUsersMax = 4_096;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<ConnectedDevice, Dictionary<ChatId, PresenceWatch>> _bySession = [];
    private readonly Dictionary<UserId, HashSet<PresenceWatch>> _byUser = [];
    private readonly Queue<UserId> _queue = [];
    private readonly HashSet<UserId> _changed = [];
    private readonly Dictionary<UserId, long> _toldAt = [];

    /// <summary>Those of whom the store tells, and those of whom that may have to change.</summary>
    private readonly HashSet<UserId> _followed = [];
    private readonly HashSet<UserId> _touched = [];
    private int _watched;

    /// <summary>Users who are watched, once for every watch.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _watched;
        }
    }

    /// <summary>Replaces the session's watch of the chat, ends it for no users; null when there are too many.</summary>
    public PresenceWatch? Begin(ConnectedDevice session, ChatId chat, IReadOnlyList<UserId> users)
    {
        var watch = new PresenceWatch(session, chat, users);
        lock (_lock)
        {
            if (_bySession.GetValueOrDefault(session)?.Remove(chat, out var former) == true) Forget(former!);
            if (users.Count == 0) return watch;
            var watches = _bySession.GetValueOrDefault(session);
            if (watches?.Count >= PresenceLimits.WatchesMax) return null;
            if (_watched + users.Count > PresenceLimits.NodeWatchedMax) return null;
            if (watches is null) _bySession.Add(session, watches = []);
            watches.Add(chat, watch);
            _watched += users.Count;
            _touched.Add(session.User);
            foreach (var user in users)
            {
                _touched.Add(user);
                if (!_byUser.TryGetValue(user, out var watchers)) _byUser.Add(user, watchers = []);
                watchers.Add(watch);
            }

            return watch;
        }
    }

    /// <summary>The answer with these states is in the outbox: changes are told from here on.</summary>
    public void Answered(PresenceWatch watch, IReadOnlyList<PresenceState> told)
    {
        lock (_lock)
        {
            foreach (var state in told) watch.Told[state.User] = state.Item;
            watch.IsAnswered = true;
        }
    }

    /// <summary>The session is over, or may see nobody.</summary>
    public void End(ConnectedDevice session)
    {
        lock (_lock)
            if (_bySession.Remove(session, out var watches))
                foreach (var watch in watches.Values)
                    Forget(watch);
    }

    /// <summary>The user left the chat: watches nobody through it, and is watched by nobody.</summary>
    public void End(ChatId chat, UserId user)
    {
        lock (_lock)
        {
            if (_watched == 0) return;
            foreach (var session in sessions.Of(user))
                if (_bySession.GetValueOrDefault(session)?.GetValueOrDefault(chat) is { } own)
                    End(own);
            foreach (var watch in _byUser.GetValueOrDefault(user, []).Where(watch => watch.Chat == chat).ToArray())
                Unlink(watch, user);
        }
    }

    /// <summary>The store says that something about the user changed, who is watched, or watches and may hide now.
    /// </summary>
    public void Changed(UserId user)
    {
        lock (_lock)
            if (_byUser.ContainsKey(user) || Watches(user))
                Enqueue(user);
    }

    /// <summary>Tells what changed, until it is stopped.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Loops.EveryAsync(Turn, time, TurnAsync, cancellationToken);

    private async Task TurnAsync(CancellationToken cancellationToken)
    {
        Follow();
        foreach (var users in TakeDue().Chunk(PresenceLimits.UsersMax))
            await TellAsync(users, cancellationToken);
    }

    private void Follow()
    {
        List<UserId> begun = [], ended = [];
        lock (_lock)
        {
            foreach (var user in _touched)
                if (!_byUser.ContainsKey(user) && !Watches(user))
                {
                    if (_followed.Remove(user)) ended.Add(user);
                }
                else if (_followed.Add(user))
                {
                    begun.Add(user);
                }

            _touched.Clear();
        }

        if (begun.Count > 0 || ended.Count > 0) store.Watch(begun, ended);
    }

    private List<UserId> TakeDue()
    {
        lock (_lock)
        {
            foreach (var (user, at) in _toldAt)
                if (time.GetElapsedTime(at) >= Interval)
                    _toldAt.Remove(user);
            var due = new List<UserId>();
            for (var left = _queue.Count; left > 0 && due.Count < TurnUsersMax; left--)
            {
                var user = _queue.Dequeue();
                if (_toldAt.TryAdd(user, time.GetTimestamp()))
                {
                    _changed.Remove(user);
                    due.Add(user);
                }
                else
                {
                    _queue.Enqueue(user);
                }
            }

            return due;
        }
    }

    private async ValueTask TellAsync(UserId[] users, CancellationToken cancellationToken)
    {
        var again = new List<UserId>();
        try
        {
            var changed = await states.ReadAsync(users, cancellationToken);
            foreach (var hidden in changed.Where(static state => state.IsHidden))
                foreach (var session in sessions.Of(hidden.User).ToArray())
                    End(session);
            foreach (var chat in changed.SelectMany(WatchesOf).GroupBy(static watched => watched.Watch.Chat))
                again.AddRange(await TellAsync(chat, cancellationToken));
        }
        catch (HistoryUnavailableException)
        {
            again.AddRange(users); // A store is away: the next turn tries again.
        }

        lock (_lock)
            foreach (var user in again)
                Enqueue(user);
    }

    private void Enqueue(UserId user)
    {
        if (_changed.Add(user)) _queue.Enqueue(user);
    }

    /// <summary>Who in the chat is to be told of later: all, when the chat cannot be read.</summary>
    private async ValueTask<List<UserId>> TellAsync(
        IGrouping<ChatId, (PresenceState State, PresenceWatch Watch)> chat, CancellationToken cancellationToken)
    {
        try
        {
            // Of this moment: nothing is awaited between the roster and who is told by it.
            var roster = (await chats.StateAsync(chat.Key, cancellationToken))?.Roster ?? Roster.Empty;
            return
            [
                .. chat.GroupBy(static watched => watched.State, static watched => watched.Watch)
                    .Where(ofOne => !TryTell(ofOne.Key, chat.Key, roster, ofOne))
                    .Select(static ofOne => ofOne.Key.User),
            ];
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            calls.Say(failure);
            return [.. chat.Select(static watched => watched.State.User)];
        }
    }

    /// <summary>False when there is somebody to be told later.</summary>
    private bool TryTell(
        in PresenceState state, ChatId chat, Roster roster, IEnumerable<PresenceWatch> watches)
    {
        var isDone = true;
        var frame = ReadOnlyMemory<byte>.Empty;
        lock (_lock)
        {
            if (_changed.Contains(state.User)) return true; // What was read is over; the next turn says what is.
            foreach (var watch in watches)
            {
                if (!roster.Contains(watch.Session.User)) End(watch);
                else if (!roster.Contains(state.User)) Unlink(watch, state.User);
                if (!IsWatched(watch, state.User)) continue;
                if (watch.IsAnswered && watch.Told.GetValueOrDefault(state.User) == state.Item) continue;
                if (frame.IsEmpty) frame = FrameOf(chat, state.Item);
                if (watch.IsAnswered && watch.Session.Outbox.TryPostEphemeral(frame))
                    watch.Told[state.User] = state.Item;
                else if (watch.Session.Outbox.Closed is null)
                    isDone = false;
            }
        }

        return isDone;
    }

    private static ReadOnlyMemory<byte> FrameOf(ChatId chat, PresenceItem item) => FrameBytes.Of(new PresenceChanged
    {
        Chat = chat.ToString(),
        User = item.User,
        Online = item.Online,
        LastSeen = item.LastSeen,
    });

    private (PresenceState State, PresenceWatch Watch)[] WatchesOf(PresenceState state)
    {
        lock (_lock)
            return _byUser.TryGetValue(state.User, out var watches) ? [.. watches.Select(watch => (state, watch))] : [];
    }

    private bool Watches(UserId user)
    {
        foreach (var session in sessions.Of(user))
            if (_bySession.ContainsKey(session))
                return true;
        return false;
    }

    private bool IsWatched(PresenceWatch watch, UserId user) =>
        _byUser.TryGetValue(user, out var watches) && watches.Contains(watch);

    /// <summary>The watcher left the chat.</summary>
    private void End(PresenceWatch watch)
    {
        if (!_bySession.TryGetValue(watch.Session, out var watches)
            || watches.GetValueOrDefault(watch.Chat) != watch) return;
        watches.Remove(watch.Chat);
        Forget(watch);
    }

    private void Forget(PresenceWatch watch)
    {
        foreach (var user in watch.Users) Unlink(watch, user);
        if (_bySession.TryGetValue(watch.Session, out var watches) && watches.Count == 0)
            _bySession.Remove(watch.Session);
        _touched.Add(watch.Session.User);
    }

    private void Unlink(PresenceWatch watch, UserId user)
    {
        if (!_byUser.TryGetValue(user, out var watchers) || !watchers.Remove(watch)) return;
        _watched--;
        if (watchers.Count > 0) return;
        _byUser.Remove(user);
        _touched.Add(user);
    }
}
