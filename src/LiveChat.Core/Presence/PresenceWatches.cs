using LiveChat.Core.History;
using LiveChat.Core.Sequencing;
using LiveChat.Core.Sessions;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Presence;

/// <summary>
/// Who watches whom on this node. The store says that a user changed; a loop reads what is to be said, asks the
/// delivery worker for the roster, and tells those watchers who share the chat with the user still, each at most once a
/// second of one user. What an outbox has no room for is said later, if it is still so: the last state wins. Sessions
/// and the store call from any thread, one loop turns; the lock keeps the index.
/// </summary>
internal sealed class PresenceWatches(
    PresenceStates states, DeliveryWorker delivery, SessionDirectory sessions, TimeProvider time)
{
    private const int TurnUsersMax = 4_096;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<Session, Dictionary<ChatId, PresenceWatch>> _bySession = [];
    private readonly Dictionary<UserId, HashSet<PresenceWatch>> _byUser = [];
    private readonly HashSet<UserId> _changed = [];
    private readonly Dictionary<UserId, long> _toldAt = [];
    private int _watched;

    /// <summary>Replaces the session's watch of the chat, ends it for no users; null when there are too many.</summary>
    public PresenceWatch? Begin(Session session, ChatId chat, IReadOnlyList<UserId> users)
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
            foreach (var user in users)
            {
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
    public void End(Session session)
    {
        lock (_lock)
            if (_bySession.Remove(session, out var watches))
                foreach (var watch in watches.Values)
                    Forget(watch);
    }

    /// <summary>The store says that something about the user changed.</summary>
    public void Changed(UserId user)
    {
        lock (_lock)
            if (_byUser.ContainsKey(user) || (_bySession.Count > 0 && !sessions.Of(user).IsEmpty))
                _changed.Add(user);
    }

    /// <summary>Tells what changed, until it is stopped.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Turn, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
            foreach (var users in TakeDue().Chunk(PresenceLimits.UsersMax))
                await TellAsync(users, cancellationToken);
    }

    private List<UserId> TakeDue()
    {
        lock (_lock)
        {
            foreach (var (user, at) in _toldAt)
                if (time.GetElapsedTime(at) >= Interval)
                    _toldAt.Remove(user);
            var due = _changed.Where(user => !_toldAt.ContainsKey(user)).Take(TurnUsersMax).ToList();
            foreach (var user in due)
            {
                _changed.Remove(user);
                _toldAt[user] = time.GetTimestamp();
            }

            return due;
        }
    }

    private async ValueTask TellAsync(UserId[] users, CancellationToken cancellationToken)
    {
        try
        {
            var rosters = new Dictionary<ChatId, Roster>();
            foreach (var state in await states.ReadAsync(users, cancellationToken))
            {
                if (state.IsHidden)
                    foreach (var session in sessions.Of(state.User).ToArray())
                        End(session);
                foreach (var watchers in WatchersOf(state.User).GroupBy(static watch => watch.Chat))
                {
                    if (!rosters.TryGetValue(watchers.Key, out var roster))
                    {
                        var chat = await delivery.StateAsync(watchers.Key, cancellationToken);
                        rosters.Add(watchers.Key, roster = chat?.Roster ?? Roster.Empty);
                    }

                    Tell(state, watchers.Key, roster, watchers);
                }
            }
        }
        catch (HistoryUnavailableException)
        {
            lock (_lock) _changed.UnionWith(users); // The store is away: the next turn tries again.
        }
    }

    private void Tell(
        in PresenceState state, ChatId chat, Roster roster, IEnumerable<PresenceWatch> watchers)
    {
        var isMember = roster.Contains(state.User);
        var frame = ReadOnlyMemory<byte>.Empty;
        foreach (var watch in watchers)
        {
            if (!isMember || !roster.Contains(watch.Session.User))
            {
                Leave(watch, state.User, isWatcherMember: roster.Contains(watch.Session.User));
                continue;
            }

            if (frame.IsEmpty)
                frame = FrameBytes.Of(new PresenceChanged
                {
                    Chat = chat.ToString(),
                    User = state.Item.User,
                    Online = state.Item.Online,
                    LastSeen = state.Item.LastSeen,
                });
            lock (_lock)
            {
                var isKnown = watch.IsAnswered && watch.Told.GetValueOrDefault(state.User) == state.Item;
                if (isKnown) continue;
                if (watch.IsAnswered && watch.Session.Outbox.TryPostEphemeral(frame))
                    watch.Told[state.User] = state.Item;
                else if (watch.Session.Outbox.Closed is null)
                    _changed.Add(state.User);
            }
        }
    }

    /// <summary>One of both left the chat: the watcher's watch of it ends, or only that of the user.</summary>
    private void Leave(PresenceWatch watch, UserId user, bool isWatcherMember)
    {
        lock (_lock)
        {
            if (isWatcherMember)
            {
                Unlink(watch, user);
                return;
            }

            if (_bySession.TryGetValue(watch.Session, out var watches)
                && watches.GetValueOrDefault(watch.Chat) == watch)
            {
                watches.Remove(watch.Chat);
                Forget(watch);
            }
        }
    }

    private PresenceWatch[] WatchersOf(UserId user)
    {
        lock (_lock) return _byUser.TryGetValue(user, out var watchers) ? [.. watchers] : [];
    }

    private void Forget(PresenceWatch watch)
    {
        foreach (var user in watch.Users) Unlink(watch, user);
        if (_bySession.TryGetValue(watch.Session, out var watches) && watches.Count == 0)
            _bySession.Remove(watch.Session);
    }

    private void Unlink(PresenceWatch watch, UserId user)
    {
        if (!_byUser.TryGetValue(user, out var watchers) || !watchers.Remove(watch)) return;
        _watched--;
        if (watchers.Count == 0) _byUser.Remove(user);
    }
}
