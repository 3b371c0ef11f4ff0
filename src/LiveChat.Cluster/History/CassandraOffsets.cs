using System.Collections.Concurrent;
using LiveChat.Cluster.Store;
using LiveChat.Core.History;
using LiveChat.Core.Log;

namespace LiveChat.Cluster.History;

/// <summary>
/// How far the groups are in the log's partitions, beside what they wrote: table <c>log_offsets</c>, each cell stamped
/// with its position, so that a late write of a worker that lost the partition takes nothing back. Any thread.
/// </summary>
internal sealed class CassandraOffsets(CassandraSession session)
{
    private const int RequestsAtOnce = 64;

    /// <summary>Those of one group, for its reader.</summary>
    public StoredOffsets Of(string group) => new(
        async (partitions, token) =>
        {
            try
            {
                return await ReadAsync(group, partitions, token);
            }
            catch (HistoryUnavailableException e)
            {
                throw new LogUnavailableException(e.Message);
            }
        },
        async (positions, token) =>
        {
            try
            {
                await RaiseAsync(group, positions, token);
            }
            catch (HistoryUnavailableException e)
            {
                throw new LogUnavailableException(e.Message);
            }
        });

    /// <summary>Durable when it returns.</summary>
    public async Task RaiseAsync(
        string group, IReadOnlyDictionary<int, Position> positions, CancellationToken cancellationToken) =>
        await Bounded.RunAsync(
            [.. positions.Where(static one => one.Value > Position.None)],
            RequestsAtOnce,
            async one =>
            {
                using var write = (await session.BindAsync(HistoryCql.WriteOffset, cancellationToken))
                    .Set(0, group).Set(1, one.Key).Set(2, one.Value.Value).Set(3, one.Value.Value);
                await session.WriteAsync(write, cancellationToken);
            });

    /// <summary><see cref="Position.None"/> where the group never raised one.</summary>
    public async Task<IReadOnlyDictionary<int, Position>> ReadAsync(
        string group, IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        var found = new ConcurrentDictionary<int, Position>();
        await Bounded.RunAsync(
            [.. partitions],
            RequestsAtOnce,
            async partition =>
            {
                using var read = (await session.BindAsync(HistoryCql.ReadOffset, cancellationToken))
                    .Set(0, group).Set(1, partition);
                using var rows = await session.ReadAsync(read, cancellationToken);
                found[partition] = rows.Count == 0 ? Position.None : new Position(rows[0].GetInt64(0));
            });
        return found;
    }
}
