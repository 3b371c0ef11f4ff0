using LiveChat.Core.Identities;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Timing;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Presence;

/// <summary>
/// Keeps the users of this node's sessions online: who came or went is said at the next turn (1 s), signs of life
/// in batches every 10 s, each with its age, so that a user is online for 60 s after the last one and no longer. When
/// a user was seen is written once a minute, and when the last device goes. A device that says that it leaves makes the
/// user offline at once, if it was the last one; one that is lost does so by its silence. What a store does not take is
/// said again at the next turn, as far as it is still so, and all of it when the store has lost something: every 10 s
/// it is asked, also with nothing to say. Sessions call from any thread, one loop turns; the lock keeps who moved. Full
/// (65,536 who moved while a store is away) means that who goes is left to silence.
/// </summary>
internal sealed class PresenceBeats(
    SessionDirectory sessions, IPresenceStore store, ILastSeenStore lastSeen, PresenceCalls calls, TimeProvider time)
{
    private const int BatchMax = 1_024;
    private const int MovesMax = 65_536;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BeatEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SeenEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LastTurnMax = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();

    /// <summary>Used again and again: with many users its lists are large.</summary>
    private readonly Work _work = new();

    private Dictionary<UserId, Move> _moves = [];
    private long _beatAt = time.GetTimestamp();
    private long _seenAt = time.GetTimestamp();
    private bool _hasLost;

    /// <summary>A device of the user connected.</summary>
    public void Came(UserId user)
    {
        lock (_lock) _moves.TryAdd(user, default);
    }

    /// <summary>The session is over, and no longer in the directory.</summary>
    public void Went(ConnectedDevice session, bool leaves)
    {
        lock (_lock)
        {
            var former = _moves.GetValueOrDefault(session.User);
            _moves[session.User] = new Move(Math.Max(former.HeardAt, session.HeardAt), leaves);
        }
    }

    /// <summary>The user may not come back as before: a device that is lost is not waited for.</summary>
    public void Went(UserId user)
    {
        lock (_lock)
            if (_moves.Count < MovesMax)
                _moves[user] = _moves.GetValueOrDefault(user) with { Leaves = true };
    }

    /// <summary>Turns until it is stopped, and a last time then.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Loops.EveryAsync(Turn, time, token => TurnAsync(isLast: false, token), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It was asked to end.
        }

        using var limit = new CancellationTokenSource(LastTurnMax, time);
        await TurnAsync(isLast: true, limit.Token);
    }

    private async Task TurnAsync(bool isLast, CancellationToken cancellationToken)
    {
        var work = _work;
        work.Clear();
        var (beatAt, seenAt) = (_beatAt, _seenAt);
        var moves = TakeMoves();
        foreach (var (user, move) in moves) Note(user, move, work);
        var isBeat = isLast || _hasLost || time.GetElapsedTime(_beatAt) >= BeatEvery;
        if (isBeat) NoteAll(isLast, work);

        // Drops last: whoever is told that a user went finds when.
        var (isOnline, isSeen, isGone) = (false, false, false);
        try
        {
            isOnline = await TryBeatAsync(work.Beats, isBeat, cancellationToken);
            isSeen = await TrySayAsync(work.Seen, lastSeen.RaiseLastSeenAsync, cancellationToken);
            isGone = await TrySayAsync(work.Drops, store.DropAsync, cancellationToken);
        }
        finally
        {
            if (!isOnline) _beatAt = beatAt;
            if (!isSeen) _seenAt = seenAt;
            if (!isOnline || !isSeen || !isGone) PutBack(moves);
        }
    }

    /// <summary>Says the signs of life, and hears whether the store has those of before.</summary>
    private async ValueTask<bool> TryBeatAsync(
        List<PresenceBeat> beats, bool isBeat, CancellationToken cancellationToken)
    {
        var hasLost = false;
        var isTaken = await TrySayAsync(beats, RefreshAsync, cancellationToken)
            && (!isBeat || beats.Count > 0
                || await calls.TryAsync(token => RefreshAsync([], token), cancellationToken));
        if (isTaken || hasLost) _hasLost = hasLost;
        return isTaken;

        async ValueTask RefreshAsync(IReadOnlyList<PresenceBeat> batch, CancellationToken token)
        {
            if (!await store.RefreshAsync(batch, token)) hasLost = true;
        }
    }

    /// <summary>In batches, to the first that is not taken.</summary>
    private async ValueTask<bool> TrySayAsync<T>(
        List<T> items, Func<IReadOnlyList<T>, CancellationToken, ValueTask> say, CancellationToken cancellationToken)
    {
        foreach (var batch in items.Chunk(BatchMax))
            if (!await calls.TryAsync(token => say(batch, token), cancellationToken))
                return false;
        return true;
    }

    private Dictionary<UserId, Move> TakeMoves()
    {
        lock (_lock)
        {
            var taken = _moves;
            _moves = []; // Also when it is empty: it is walked outside of the lock.
            return taken;
        }
    }

    private void PutBack(Dictionary<UserId, Move> moves)
    {
        lock (_lock)
            foreach (var (user, move) in moves)
                if (_moves.Count < MovesMax)
                    _moves.TryAdd(user, move);
    }

    private void Note(UserId user, Move move, Work work)
    {
        var devices = sessions.Of(user);
        var heardAt = Math.Max(move.HeardAt, LatestOf(devices));
        if (!devices.IsEmpty)
        {
            // The others may have been silent for long: what the one that went gave is not theirs to give again.
            if (heardAt == move.HeardAt) work.Seen.Add(SeenOf(user, heardAt));
            work.Beats.Add(BeatOf(user, heardAt));
            return;
        }

        // Without a sign it came, and was gone before it was noted; that was noted too.
        if (heardAt > 0) work.Seen.Add(SeenOf(user, heardAt));
        if (move.Leaves) work.Drops.Add(user);
        if (move.Leaves || heardAt == 0) return;
        var beat = BeatOf(user, heardAt);
        if (beat.Left <= TimeSpan.Zero) work.Drops.Add(user);
        else work.Beats.Add(beat);
    }

    /// <summary>All users that gave a sign since the former time; all who are online when the store has lost some.
    /// </summary>
    private void NoteAll(bool isLast, Work work)
    {
        var (beatAt, seenAt) = (_beatAt, _seenAt);
        var writesSeen = isLast || time.GetElapsedTime(seenAt) >= SeenEvery;
        _beatAt = time.GetTimestamp();
        if (writesSeen) _seenAt = _beatAt;
        foreach (var devices in sessions.ByUser)
        {
            var user = devices[0].User;
            var heardAt = LatestOf(devices);
            if (heardAt >= beatAt || _hasLost) work.Beats.Add(BeatOf(user, heardAt));
            if (writesSeen && heardAt >= seenAt) work.Seen.Add(SeenOf(user, heardAt));
        }
    }

    private PresenceBeat BeatOf(UserId user, long heardAt) =>
        new(user, PresenceLimits.Lifetime - time.GetElapsedTime(heardAt));

    private LastSeen SeenOf(UserId user, long heardAt) =>
        new(user, (time.GetUtcNow() - time.GetElapsedTime(heardAt)).ToUnixTimeMilliseconds());

    private static long LatestOf(ReadOnlySpan<ConnectedDevice> devices)
    {
        var latest = 0L;
        foreach (var session in devices) latest = Math.Max(latest, session.HeardAt);
        return latest;
    }

    /// <summary>What happened to a user since the former turn; the default is that somebody came.</summary>
    /// <param name="HeardAt">The last sign of a session that is over.</param>
    /// <param name="Leaves">It said that it leaves.</param>
    private readonly record struct Move(long HeardAt, bool Leaves);

    /// <summary>What one turn says to the stores.</summary>
    private sealed class Work
    {
        public List<PresenceBeat> Beats { get; } = [];

        public List<LastSeen> Seen { get; } = [];

        public List<UserId> Drops { get; } = [];

        public void Clear()
        {
            Beats.Clear();
            Seen.Clear();
            Drops.Clear();
        }
    }
}
