using System.Globalization;
using LiveChat.Cql;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Values;

namespace LiveChat.Cluster.Store;

/// <summary>
/// When the replicas were last compared. Cassandra notes each range that a repair has gone through in
/// <c>system_distributed.repair_history</c>; tools that repair in parts note theirs there too.
/// </summary>
internal static class CassandraRepairs
{
    private const string Name = "repair";
    private const string HowOften = "Run nodetool repair on each node once a week: docs/ops/cassandra.md.";

    /// <summary>Rows of one table that are looked through, the youngest first: a row is a range, and some
    /// failed.</summary>
    private const int RowsMax = 10_000;

    public static async Task<ServiceFinding> LookAsync(
        CqlSession session, CassandraFacts facts, CassandraOptions options, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (facts.Nodes < 2 || options.SingleNode)
            return ServiceFinding.Good(Name, "One replica has nothing to be repaired from.");
        try
        {
            var oldest = DateTimeOffset.MaxValue;
            foreach (var table in facts.Tables.Keys)
            {
                if (await LastAsync(session, options.Keyspace, table, cancellationToken) is not { } last)
                    return ServiceFinding.Warns(
                        Name, $"The table {options.Keyspace}.{table} was never repaired.", HowOften);
                if (last < oldest) oldest = last;
            }

            var grace = TimeSpan.FromSeconds(facts.Tables.Values.Min(static table => table.GraceSeconds));
            var at = oldest.ToString("u", CultureInfo.InvariantCulture);
            return time.GetUtcNow() - oldest < grace
                ? ServiceFinding.Good(Name, $"Every table has been repaired since {at}.")
                : ServiceFinding.Warns(
                    Name,
                    $"A table was last repaired at {at}, longer ago than its gc_grace_seconds: replicas may differ.",
                    HowOften);
        }
        catch (CqlUnauthorizedException)
        {
            return ServiceFinding.Warns(
                Name, "The role may not see when the nodes were repaired.",
                "GRANT SELECT ON KEYSPACE system_distributed to the role.");
        }
    }

    /// <summary>When the last range of a table that went well was done; null for never.</summary>
    private static async Task<DateTimeOffset?> LastAsync(
        CqlSession session, string keyspace, string table, CancellationToken cancellationToken)
    {
        var read = new SimpleStatement(
            "SELECT status, finished_at FROM system_distributed.repair_history "
            + $"WHERE keyspace_name = ? AND columnfamily_name = ? ORDER BY id DESC LIMIT {RowsMax}")
            .Add(keyspace, CqlCodecs.Text).Add(table, CqlCodecs.Text);
        read.Consistency = Consistency.One;
        await foreach (var row in session.QueryAsync(read, cancellationToken))
            if (!row.IsNull(0) && row.GetString(0) == "SUCCESS" && !row.IsNull(1)) return row.GetDateTimeOffset(1);
        return null;
    }
}
