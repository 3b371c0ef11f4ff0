using LiveChat.Core.Timing;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Presence;

/// <summary>
/// Presence of a single node. The wheel looks once a second who has expired; reads look at the time themselves, so
/// nobody is online too long. Any thread.
/// </summary>
internal sealed class InProcessPresenceStore : IPresenceStore, ITimed
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly PresenceEntries _entries;
    private volatile Action<UserId> _changed = static _ => { };

    public InProcessPresenceStore(TimingWheel wheel, TimeProvider time)
    {
        _entries = new PresenceEntries(time);
        wheel.Add(this, LookEvery);
    }

    public void Listen(Action<UserId> changed) => _changed = changed;

    public void Watch(IReadOnlyList<UserId> begun, IReadOnlyList<UserId> ended)
    {
        // Everybody is told of.
    }

    public ValueTask<bool> RefreshAsync(IReadOnlyList<PresenceBeat> beats, CancellationToken cancellationToken)
    {
        Tell(_entries.Refresh(beats));
        return ValueTask.FromResult(true);
    }

    public ValueTask DropAsync(IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        _entries.Drop(users);
        Tell(users);
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<bool>> ReadAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(users.Count, PresenceLimits.UsersMax);
        return ValueTask.FromResult<IReadOnlyList<bool>>([.. users.Select(_entries.Has)]);
    }

    public ValueTask AnnounceAsync(UserId user, CancellationToken cancellationToken)
    {
        Tell([user]);
        return ValueTask.CompletedTask;
    }

    public TimeSpan? OnDue()
    {
        Tell(_entries.Expire());
        return LookEvery;
    }

    private void Tell(IReadOnlyList<UserId> users)
    {
        foreach (var user in users) _changed(user);
    }
}
