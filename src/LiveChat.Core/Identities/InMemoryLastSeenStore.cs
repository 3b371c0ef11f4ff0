using System.Collections.Concurrent;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Identities;

/// <summary>Last seen in memory: the twin for tests and the simulator. <c>user → time</c>. Any thread.</summary>
internal sealed class InMemoryLastSeenStore : ILastSeenStore
{
    private readonly ConcurrentDictionary<UserId, long> _times = new();

    /// <summary>Removes the user's time.</summary>
    public void Forget(UserId user) => _times.TryRemove(user, out _);

    public ValueTask RaiseLastSeenAsync(IReadOnlyList<LastSeen> seen, CancellationToken cancellationToken)
    {
        foreach (var (user, timeMs) in seen)
            _times.AddOrUpdate(
                user, static (_, time) => time, static (_, former, time) => Math.Max(former, time), timeMs);
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<long>> ReadLastSeenAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<long>>([.. users.Select(user => _times.GetValueOrDefault(user))]);
}
