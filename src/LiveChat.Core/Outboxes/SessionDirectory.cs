using System.Collections.Concurrent;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Outboxes;

/// <summary>
/// Which sessions of this node a user has. Read by every delivery, from any thread, without a lock: the sessions of
/// a user are an array that is replaced when one comes or goes.
/// </summary>
internal sealed class SessionDirectory
{
    private readonly ConcurrentDictionary<UserId, ConnectedDevice[]> _sessions = new();
    private int _count;

    /// <summary>Called, by any thread, once a session of the user came or went.</summary>
    public Action<UserId>? Changed { get; set; }

    public int Count => Volatile.Read(ref _count);

    /// <summary>The user's sessions, the oldest first.</summary>
    public ReadOnlySpan<ConnectedDevice> Of(UserId user) => _sessions.GetValueOrDefault(user);

    /// <summary>The sessions of each user who has any, as they are while they are walked.</summary>
    public IEnumerable<ConnectedDevice[]> ByUser => _sessions.Select(static entry => entry.Value);

    /// <summary>All sessions, as they are while they are walked.</summary>
    public IEnumerable<ConnectedDevice> All => ByUser.SelectMany(static sessions => sessions);

    public void Add(ConnectedDevice session)
    {
        Interlocked.Increment(ref _count);
        _sessions.AddOrUpdate(
            session.User,
            static (_, added) => [added],
            static (_, former, added) => [.. former, added],
            session);
        Changed?.Invoke(session.User);
    }

    /// <summary>False when it is not there, or no longer.</summary>
    public bool Remove(ConnectedDevice session)
    {
        while (_sessions.TryGetValue(session.User, out var former) && former.Contains(session))
        {
            var rest = Array.FindAll(former, other => other != session);
            var removed = rest.Length == 0
                ? _sessions.TryRemove(KeyValuePair.Create(session.User, former))
                : _sessions.TryUpdate(session.User, rest, former);
            if (!removed) continue;
            Interlocked.Decrement(ref _count);
            Changed?.Invoke(session.User);
            return true;
        }

        return false;
    }
}
