using LiveChat.Cluster.Store;
using LiveChat.Core.Identities;
using LiveChat.Protocol.Ids;

namespace LiveChat.Cluster.Identities;

/// <summary>
/// Last seen on Cassandra.
/// <code>last_seen ((user_id))   time_ms   stamp = the value</code>
/// The greatest value stays, so nothing is read before it is written. Any thread.
/// </summary>
internal sealed class CassandraLastSeenStore(CassandraSession session) : ILastSeenStore
{
    private const int AtOnce = 32;

    public async ValueTask RaiseLastSeenAsync(IReadOnlyList<LastSeen> seen, CancellationToken cancellationToken) =>
        await Parallel.ForEachAsync(seen, OptionsOf(cancellationToken), async (one, token) =>
        {
            using var write = await session.BindAsync(
                "UPDATE last_seen USING TIMESTAMP ? SET time_ms = ? WHERE user_id = ?", token);
            await session.WriteAsync(write.Set(0, one.TimeMs).Set(1, one.TimeMs).Set(2, one.User.Value), token);
        });

    public async ValueTask<IReadOnlyList<long>> ReadLastSeenAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        var times = new long[users.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, times.Length), OptionsOf(cancellationToken), async (at, token) =>
            {
                using var read = await session.BindAsync("SELECT time_ms FROM last_seen WHERE user_id = ?", token);
                using var rows = await session.ReadAsync(read.Set(0, users[at].Value), token);
                if (rows.Count > 0) times[at] = rows[0].GetInt64(0);
            });
        return times;
    }

    private static ParallelOptions OptionsOf(CancellationToken cancellationToken) =>
        new() { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
}
