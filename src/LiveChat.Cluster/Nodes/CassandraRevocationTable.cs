using LiveChat.Cluster.Store;
using LiveChat.Core.History;
using LiveChat.Core.Links;
using LiveChat.Protocol.Ids;

namespace LiveChat.Cluster.Nodes;

/// <summary>
/// Revocations by time on Cassandra.
/// <code>revocations ((hour), time_ms, id)   user_id, device, before_ms   stamp = the time; empty device is none</code>
/// A read asks one partition for each hour, so one that looks minutes back asks for one or two. Rows leave after 400
/// days: a node reads from the time of its last look on, and none goes without Cassandra for longer. Any thread.
/// </summary>
internal sealed class CassandraRevocationTable(CassandraSession session, TimeProvider time) : IRevocationTable
{
    private const long HourMs = 60 * 60 * 1_000;
    private const int KeptForDays = 400;
    private const int KeptForSeconds = KeptForDays * 24 * 60 * 60;

    /// <summary>What a writer's clock may be ahead of this one.</summary>
    private const long AheadMsMax = HourMs;

    public async ValueTask WriteAsync(Revocation revocation, CancellationToken cancellationToken)
    {
        try
        {
            using var write = await session.BindAsync(
                "INSERT INTO revocations (hour, time_ms, id, user_id, device, before_ms) VALUES (?, ?, ?, ?, ?, ?) "
                + $"USING TIMESTAMP ? AND TTL {KeptForSeconds}",
                cancellationToken);
            write.Set(0, revocation.TimeMs / HourMs).Set(1, revocation.TimeMs).Set(2, revocation.Id)
                .Set(3, revocation.User.Value).Set(4, revocation.Device ?? "").Set(5, revocation.BeforeMs)
                .Set(6, revocation.TimeMs * 1_000);
            await session.WriteAsync(write, cancellationToken);
        }
        catch (HistoryUnavailableException e)
        {
            throw new NodeRegistryException(e.Message, e);
        }
    }

    public async ValueTask<IReadOnlyList<Revocation>> ReadSinceAsync(long sinceMs, CancellationToken cancellationToken)
    {
        var found = new List<Revocation>();
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        var fromMs = Math.Max(sinceMs, nowMs - (KeptForDays * 24 * HourMs));
        try
        {
            for (var hour = fromMs / HourMs; hour <= (nowMs + AheadMsMax) / HourMs; hour++)
            {
                using var read = await session.BindAsync(
                    "SELECT time_ms, id, user_id, device, before_ms FROM revocations WHERE hour = ? AND time_ms >= ?",
                    cancellationToken);
                await foreach (var row in session.ReadAllAsync(read.Set(0, hour).Set(1, fromMs), cancellationToken))
                    found.Add(new Revocation(
                        row.GetInt64(0),
                        row.GetGuid(1),
                        UserId.Parse(row.GetString(2)),
                        row.GetString(3) is { Length: > 0 } device ? device : null,
                        row.GetInt64(4)));
            }
        }
        catch (HistoryUnavailableException e)
        {
            throw new NodeRegistryException(e.Message, e);
        }

        return found;
    }
}
