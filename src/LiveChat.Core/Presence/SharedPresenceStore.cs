using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Presence;

/// <summary>
/// Presence in a table for all nodes, which may lose all of it at any time. Once a second a loop probes the table, says
/// whom this node follows, and looks at those of them whose last known sign has run out. So an expiry is told within
/// 5 s: the loop's second, that of <see cref="PresenceWatches"/>, and the time of their calls. While the table does not
/// answer, or may be incomplete, reads fail and no change is told: presence is degraded, and never wrong. A table that
/// does not answer the probe is asked nothing else, so that nothing gathers. Any thread calls; one loop turns.
/// </summary>
internal sealed class SharedPresenceStore(ISharedPresence table, PresenceCalls calls, TimeProvider time)
    : IPresenceStore
{
    private const int FollowMax = 4_096;
    private const int LooksMax = 65_536;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);

    private readonly PresenceTrust _trust = new(time);
    private readonly FollowedUsers _followed = new(time);
    private volatile Action<UserId> _changed = static _ => { };
    private long _lossesFound;
    private long _lossesSaid;

    /// <summary>Why presence is degraded; null while it is not.</summary>
    public string? Degraded => _trust.Reason;

    /// <summary>Users whose news this node is told.</summary>
    public int Followed => _followed.Count;

    /// <summary>Turns until it is stopped.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await TurnAsync(cancellationToken);
        await Timing.Loops.EveryAsync(Turn, time, TurnAsync, cancellationToken);
    }

    public void Listen(Action<UserId> changed) => _changed = changed;

    public void Watch(IReadOnlyList<UserId> begun, IReadOnlyList<UserId> ended) => _followed.Change(begun, ended);

    public async ValueTask<bool> RefreshAsync(IReadOnlyList<PresenceBeat> beats, CancellationToken cancellationToken)
    {
        _trust.ThrowIfAway();
        var losses = _trust.Losses;
        if (beats.Count > 0) await table.RefreshAsync(beats, cancellationToken);
        var isKept = losses == _lossesSaid;
        _lossesSaid = losses;
        return isKept;
    }

    public ValueTask DropAsync(IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        _trust.ThrowIfAway();
        return table.DropAsync(users, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<bool>> ReadAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(users.Count, PresenceLimits.UsersMax);
        ThrowIfDegraded();
        var left = await table.ReadAsync(users, cancellationToken);
        ThrowIfDegraded(); // It may have been lost while it was read.
        return [.. left.Select(static one => one > TimeSpan.Zero)];
    }

    public ValueTask AnnounceAsync(UserId user, CancellationToken cancellationToken)
    {
        _trust.ThrowIfAway();
        return table.AnnounceAsync(user, cancellationToken);
    }

    /// <summary>One turn. Only the loop, or a test in its place, calls it.</summary>
    public async Task TurnAsync(CancellationToken cancellationToken)
    {
        var losses = 0L;
        if (!await calls.TryAsync(async token => losses = await table.ProbeAsync(token), cancellationToken))
        {
            _trust.NoteAway();
            return;
        }

        if (_trust.Note(isWhole: losses == _lossesFound)) _followed.Forget();
        _lossesFound = losses;
        await FollowAsync(cancellationToken);
        if (_trust.Reason is null) await LookAsync(cancellationToken);
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var (begun, ended) = _followed.TakeChanges(FollowMax);
        if (begun.Length == 0 && ended.Length == 0) return;
        if (await calls.TryAsync(token => table.FollowAsync(begun, ended, Hear, token), cancellationToken))
            _followed.Look(begun); // What changed before it was followed.
        else
            _followed.PutBack(begun, ended);
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (var users in _followed.TakeDue(LooksMax).Chunk(PresenceLimits.UsersMax))
        {
            IReadOnlyList<TimeSpan> left = [];
            if (!await calls.TryAsync(async token => left = await table.ReadAsync(users, token), cancellationToken))
            {
                _followed.Look(users);
                continue;
            }

            for (var i = 0; i < users.Length; i++)
                if (_followed.Saw(users[i], left[i]))
                    _changed(users[i]);
        }
    }

    private void Hear(PresenceNews news)
    {
        if (news.Kind is PresenceNewsKind.Missed)
        {
            _trust.NoteAway(); // Until the next probe: what comes back may be another table.
            _followed.Forget();
        }
        else if (news.Kind is PresenceNewsKind.Changed) _changed(news.User);
        else if (_followed.Hear(news.User, news.Kind is PresenceNewsKind.Came)) _changed(news.User);
    }

    private void ThrowIfDegraded()
    {
        if (_trust.Reason is { } reason) throw new PresenceDegradedException(reason);
    }
}
