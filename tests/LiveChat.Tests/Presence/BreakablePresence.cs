using LiveChat.Core.Identities;
using LiveChat.Core.Presence;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Presence;

/// <summary>How a store of presence treats its callers.</summary>
public enum Health
{
    /// <summary>As it should.</summary>
    Well,

    /// <summary>Every call throws, each in another way.</summary>
    Throws,

    /// <summary>No call ever ends, whatever its token says.</summary>
    Hangs,
}

/// <summary>Both stores of presence, each in the health that a test gives it.</summary>
internal sealed class BreakablePresence(IPresenceStore online, ILastSeenStore seen) : IPresenceStore, ILastSeenStore
{
    private static readonly Task<IReadOnlyList<bool>> Never = new TaskCompletionSource<IReadOnlyList<bool>>().Task;
    private int _calls;

    public Health Online { get; set; }

    public Health Seen { get; set; }

    /// <summary>For how many users each store was asked.</summary>
    public List<int> Reads { get; } = [];

    public async ValueTask<bool> RefreshAsync(
        IReadOnlyList<PresenceBeat> beats, CancellationToken cancellationToken)
    {
        await Do(Online, static () => ValueTask.CompletedTask);
        return await online.RefreshAsync(beats, cancellationToken);
    }

    public ValueTask DropAsync(IReadOnlyList<UserId> users, CancellationToken cancellationToken) =>
        Do(Online, () => online.DropAsync(users, cancellationToken));

    public async ValueTask<IReadOnlyList<bool>> ReadAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        Reads.Add(users.Count);
        await Do(Online, static () => ValueTask.CompletedTask);
        return await online.ReadAsync(users, cancellationToken);
    }

    public ValueTask AnnounceAsync(UserId user, CancellationToken cancellationToken) =>
        Do(Online, () => online.AnnounceAsync(user, cancellationToken));

    public void Watch(IReadOnlyList<UserId> begun, IReadOnlyList<UserId> ended) => online.Watch(begun, ended);

    public void Listen(Action<UserId> changed) => online.Listen(changed);

    public ValueTask RaiseLastSeenAsync(IReadOnlyList<LastSeen> raised, CancellationToken cancellationToken) =>
        Do(Seen, () => seen.RaiseLastSeenAsync(raised, cancellationToken));

    public async ValueTask<IReadOnlyList<long>> ReadLastSeenAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        Reads.Add(users.Count);
        await Do(Seen, static () => ValueTask.CompletedTask);
        return await seen.ReadLastSeenAsync(users, cancellationToken);
    }

    private ValueTask Do(Health health, Func<ValueTask> call) => health switch
    {
        Health.Well => call(),
        Health.Hangs => new ValueTask(Never),
        _ when ++_calls % 3 == 0 => ValueTask.FromException(new OperationCanceledException("A store gave up.")),
        _ when _calls % 3 == 1 => ValueTask.FromException(new IOException("A store is broken.")),
        _ => throw new InvalidOperationException("A store is broken at once."),
    };
}
