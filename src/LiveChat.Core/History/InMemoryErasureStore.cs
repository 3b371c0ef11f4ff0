using LiveChat.Core.Identities;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History;

/// <summary>
/// Erasures in memory, over the twins of the other stores: for tests and the simulator.
/// <code>
/// user → erasure
/// </code>
/// Any thread; one lock around the erasures.
/// </summary>
internal sealed class InMemoryErasureStore(
    InMemoryHistoryStore history, InMemoryIdentityStore identities, InMemoryLastSeenStore lastSeen) : IErasureStore
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, Erasure> _erasures = new(StringComparer.Ordinal);

    /// <param name="history">The twin of history.</param>
    /// <param name="identities">The twins of the identities.</param>
    public static InMemoryErasureStore Over(InMemoryHistoryStore history, IdentityPorts identities) => new(
        history, (InMemoryIdentityStore)identities.Users, (InMemoryLastSeenStore)identities.LastSeen);

    public ValueTask<Erasure> BeginAsync(UserId user, long timeMs, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _erasures.TryAdd(user.Value, new Erasure(user, timeMs));
            return ValueTask.FromResult(_erasures[user.Value]);
        }
    }

    public ValueTask<IReadOnlyList<Erasure>> ReadAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<Erasure>>(
                [.. users.Select(user => _erasures.GetValueOrDefault(user.Value)).OfType<Erasure>()]);
    }

    public ValueTask<IReadOnlyList<Erasure>> ReadOpenAsync(int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<Erasure>>(
                [.. _erasures.Values.Where(static erasure => erasure.FinishedMs == 0).Take(limit)]);
    }

    public ValueTask SaveAsync(Erasure erasure, CancellationToken cancellationToken)
    {
        lock (_lock) _erasures[erasure.User.Value] = erasure;
        return ValueTask.CompletedTask;
    }

    public ValueTask ForgetChatAsync(UserId user, ChatId chat, CancellationToken cancellationToken)
    {
        history.Forget(user, chat);
        return ValueTask.CompletedTask;
    }

    public ValueTask ForgetUserAsync(UserId user, CancellationToken cancellationToken)
    {
        history.Forget(user);
        identities.Forget(user);
        lastSeen.Forget(user);
        return ValueTask.CompletedTask;
    }
}
