using LiveChat.Cluster.Store;
using LiveChat.Core.History;
using LiveChat.Core.Ids;
using LiveChat.Cql;

namespace LiveChat.Cluster.Nodes;

/// <summary>
/// The rows of node ids on Cassandra.
/// <code>node_ids ((node_id))   name, incarnation, until_ms   by conditions only; all zero is no incarnation</code>
/// Each id is a partition, so nodes that start together are not in each other's way. The clock of the store is that of
/// the node that answers. Any thread.
/// </summary>
internal sealed class CassandraNodeIdStore(CassandraSession session) : INodeIdStore
{
    private const string Columns = "node_id, name, incarnation, until_ms";

    public async ValueTask<IReadOnlyList<NodeIdRow>> ReadAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            var found = new List<NodeIdRow>();
            using var read = await session.BindAsync($"SELECT {Columns} FROM node_ids", cancellationToken);
            await foreach (var row in session.ReadAllAsync(read, cancellationToken)) found.Add(RowOf(row));
            return found;
        }
        catch (HistoryUnavailableException e)
        {
            throw new NodeIdStoreException(e.Message, e);
        }
    }

    public async ValueTask<NodeIdRow?> ReadAsync(int id, CancellationToken cancellationToken)
    {
        try
        {
            using var read = await session.BindAsync(
                $"SELECT {Columns} FROM node_ids WHERE node_id = ?", cancellationToken);
            using var rows = await session.ReadDecidedAsync(read.Set(0, id), cancellationToken);
            return rows.Count == 0 ? null : RowOf(rows[0]);
        }
        catch (HistoryUnavailableException e)
        {
            throw new NodeIdStoreException(e.Message, e);
        }
    }

    public async ValueTask<bool> TryReplaceAsync(
        NodeIdRow? former, NodeIdRow row, CancellationToken cancellationToken)
    {
        try
        {
            using var write = await session.BindAsync(
                former is null
                    ? "INSERT INTO node_ids (name, incarnation, until_ms, node_id) VALUES (?, ?, ?, ?) IF NOT EXISTS"
                    : "UPDATE node_ids SET name = ?, incarnation = ?, until_ms = ? WHERE node_id = ? "
                        + "IF name = ? AND incarnation = ? AND until_ms = ?",
                cancellationToken);
            write.Set(0, row.Name).Set(1, row.Incarnation ?? default).Set(2, row.UntilMs).Set(3, row.Id);
            if (former is not null)
                write.Set(4, former.Name).Set(5, former.Incarnation ?? default).Set(6, former.UntilMs);
            using var decided = await session.DecideAsync(write, cancellationToken);
            return decided.WasApplied;
        }
        catch (Exception e) when (e is HistoryUnavailableException or OutcomeUnknownException)
        {
            throw new NodeIdStoreException(e.Message, e);
        }
    }

    public async ValueTask<long> ReadTimeMsAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var read = await session.BindAsync(
                "SELECT toUnixTimestamp(now()) FROM system.local", cancellationToken);
            using var rows = await session.ReadAsync(read, cancellationToken);
            return rows[0].GetInt64(0);
        }
        catch (HistoryUnavailableException e)
        {
            throw new NodeIdStoreException(e.Message, e);
        }
    }

    private static NodeIdRow RowOf(Row row) => new(
        row.GetInt32(0),
        row.GetString(1),
        row.GetGuid(2) is var incarnation && incarnation != default ? incarnation : null,
        row.GetInt64(3));
}
