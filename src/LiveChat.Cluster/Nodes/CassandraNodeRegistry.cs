using System.Globalization;
using LiveChat.Cluster.Store;
using LiveChat.Core.History;
using LiveChat.Core.Links;
using LiveChat.Cql;
using LiveChat.Cql.Values;

namespace LiveChat.Cluster.Nodes;

/// <summary>
/// The registry of nodes on Cassandra.
/// <code>
/// nodes        ((name))  incarnation, address, roles, rules_lowest, rules_highest, build, sign_ms, clock_ms
/// installation 'rules_in_use' → the number of the rules that ingest uses
/// </code>
/// Both by conditions only. <c>sign_ms</c> is the time of the node of Cassandra that wrote the sign, and ages are taken
/// by that of the node that reads, so nobody's own clock decides who lives; <c>clock_ms</c> is the announced node's.
/// A row that nobody signs leaves after a week. Any thread.
/// </summary>
internal sealed class CassandraNodeRegistry(CassandraSession session, Decisions decisions, TimeProvider time)
    : INodeRegistry
{
    private const string Columns = "incarnation, address, roles, rules_lowest, rules_highest, build, clock_ms";
    private const string Seen = $"name, {Columns}, sign_ms, toUnixTimestamp(now())";
    private const string RulesRow = "rules_in_use";
    private const int KeptForSeconds = 7 * 24 * 60 * 60;

    private static readonly string Assignments =
        string.Join(", ", Columns.Split(", ").Select(static column => $"{column} = ?"))
        + ", sign_ms = toUnixTimestamp(now())";

    private static readonly string First =
        $"INSERT INTO nodes ({Columns}, name, sign_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, toUnixTimestamp(now())) "
        + $"IF NOT EXISTS USING TTL {KeptForSeconds}";

    private static readonly string Next =
        $"UPDATE nodes USING TTL {KeptForSeconds} SET {Assignments} WHERE name = ? IF incarnation = ?";

    /// <summary>Of a node that is gone, unless it has signed meanwhile.</summary>
    private static readonly string Succeeding = $"{Next} AND sign_ms = ?";

    public ValueTask SignAsync(NodeEntry mine, CancellationToken cancellationToken) => CallAsync(async () =>
    {
        await decisions.DecideAsync(
            mine.Name,
            async (_, token) =>
            {
                using (var next = await WriteAsync(Next, mine, token))
                using (var signed = await session.DecideAsync(next.Set(8, (long)mine.Incarnation), token))
                    if (signed.WasApplied) return Decided<bool>.As(true);
                return await TryTakeAsync(mine, token) ? Decided<bool>.As(true) : Decided<bool>.Again;
            },
            cancellationToken);
        return true;
    });

    public async ValueTask<IReadOnlyList<NodeEntry>> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var found = new List<NodeEntry>();
            using var read = await session.BindAsync($"SELECT {Seen} FROM nodes", cancellationToken);
            await foreach (var row in session.ReadAllAsync(read, cancellationToken)) found.Add(NodeOf(row));
            return found;
        }
        catch (HistoryUnavailableException e)
        {
            throw new NodeRegistryException(e.Message, e);
        }
    }

    public ValueTask LeaveAsync(string name, ulong incarnation, CancellationToken cancellationToken) =>
        CallAsync(async () =>
        {
            using var delete = await session.BindAsync(
                "DELETE FROM nodes WHERE name = ? IF incarnation = ?", cancellationToken);
            using var decided = await session.DecideAsync(
                delete.Set(0, name).Set(1, (long)incarnation), cancellationToken);
            return decided.WasApplied;
        });

    public async ValueTask<int> RulesInUseAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var read = await session.BindAsync(
                "SELECT value FROM installation WHERE name = ?", cancellationToken);
            using var rows = await session.ReadDecidedAsync(read.Set(0, RulesRow), cancellationToken);
            return rows.Count == 0 ? 0 : int.Parse(rows[0].GetString(0), CultureInfo.InvariantCulture);
        }
        catch (HistoryUnavailableException e)
        {
            throw new NodeRegistryException(e.Message, e);
        }
    }

    public async ValueTask<bool> RaiseRulesAsync(int from, int to, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(to, from);
        try
        {
            using var raise = await session.BindAsync(
                from == 0
                    ? "INSERT INTO installation (value, name) VALUES (?, ?) IF NOT EXISTS"
                    : "UPDATE installation SET value = ? WHERE name = ? IF value = ?",
                cancellationToken);
            raise.Set(0, to.ToString(CultureInfo.InvariantCulture)).Set(1, RulesRow);
            if (from != 0) raise.Set(2, from.ToString(CultureInfo.InvariantCulture));
            using var decided = await session.DecideAsync(raise, cancellationToken);
            return decided.WasApplied;
        }
        catch (Exception e) when (e is HistoryUnavailableException or OutcomeUnknownException)
        {
            throw new NodeRegistryException(e.Message, e);
        }
    }

    /// <summary>What the registry of a keyspace says, asked without being one of its servers: the entries, and the
    /// rules number in use.</summary>
    /// <exception cref="Cql.Errors.CqlException">Cassandra refuses it, or is away.</exception>
    public static async Task<(IReadOnlyList<NodeEntry> Nodes, int RulesInUse)> LookAsync(
        CqlSession cql, string keyspace, CancellationToken cancellationToken)
    {
        using var nodes = await cql.ExecuteAsync(
            new SimpleStatement($"SELECT {Seen} FROM {keyspace}.nodes"), cancellationToken);
        var found = Enumerable.Range(0, nodes.Count).Select(index => NodeOf(nodes[index])).ToList();
        using var rules = await cql.ExecuteAsync(
            new SimpleStatement($"SELECT value FROM {keyspace}.installation WHERE name = ?")
                .Add(RulesRow, CqlCodecs.Text),
            cancellationToken);
        return (found, rules.Count == 0 ? 0 : int.Parse(rules[0].GetString(0), CultureInfo.InvariantCulture));
    }

    /// <summary>Takes the name when nobody has it, or its node is gone; false when another one was faster.</summary>
    /// <exception cref="NodeNameInUseException">A live node of another run has it.</exception>
    private async ValueTask<bool> TryTakeAsync(NodeEntry mine, CancellationToken cancellationToken)
    {
        using var read = await session.BindAsync(
            $"SELECT {Seen} FROM nodes WHERE name = ?", cancellationToken);
        using var rows = await session.ReadDecidedAsync(read.Set(0, mine.Name), cancellationToken);
        if (rows.Count == 0)
        {
            using var first = await WriteAsync(First, mine, cancellationToken);
            using var made = await session.DecideAsync(first, cancellationToken);
            return made.WasApplied;
        }

        var other = NodeOf(rows[0]);
        if (other.Incarnation == mine.Incarnation) return true; // A former try had its effect.
        if (other.IsLive) throw InUse(other);
        using var next = await WriteAsync(Succeeding, mine, cancellationToken);
        next.Set(8, (long)other.Incarnation).Set(9, rows[0].Get("sign_ms", CqlCodecs.BigInt));
        using var taken = await session.DecideAsync(next, cancellationToken);
        return taken.WasApplied;
    }

    private static NodeNameInUseException InUse(NodeEntry other) => new(
        $"The node name {other.Name} is in use by a server at {other.Address}, which signed "
        + $"{other.Age.TotalSeconds:0} s ago: give each server a name of its own (LiveChat:Node:Name). If that server "
        + "is gone, wait a minute.");

    private async ValueTask<BoundStatement> WriteAsync(
        string cql, NodeEntry mine, CancellationToken cancellationToken) =>
        (await session.BindAsync(cql, cancellationToken))
            .Set(0, (long)mine.Incarnation).Set(1, mine.Address).Set(2, (int)mine.Roles).Set(3, mine.RulesLowest)
            .Set(4, mine.RulesHighest).Set(5, mine.Build).Set(6, time.GetUtcNow().ToUnixTimeMilliseconds())
            .Set(7, mine.Name);

    private static NodeEntry NodeOf(Row row) => new(
        row.GetString(0), row.GetString(2), (NodeRoles)row.GetInt32(3), row.GetInt32(4), row.GetInt32(5),
        row.GetString(6), (ulong)row.GetInt64(1))
    {
        Age = TimeSpan.FromMilliseconds(row.GetInt64(9) - row.GetInt64(8)),
        ClockOffMs = row.GetInt64(7) - row.GetInt64(8),
    };

    private static async ValueTask CallAsync(Func<Task<bool>> call)
    {
        try
        {
            await call();
        }
        catch (Exception e) when (e is HistoryUnavailableException or OutcomeUnknownException)
        {
            throw new NodeRegistryException(e.Message, e);
        }
    }
}
