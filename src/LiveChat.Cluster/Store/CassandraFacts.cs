using LiveChat.Cql;
using LiveChat.Cql.Values;

namespace LiveChat.Cluster.Store;

/// <summary>What Cassandra says of itself and of the keyspace. Reading it changes nothing.</summary>
internal sealed record CassandraFacts
{
    /// <summary>Of the node that answered.</summary>
    public required string Version { get; init; }

    /// <summary>The local data centre.</summary>
    public required string DataCenter { get; init; }

    /// <summary>Nodes in it, up or down.</summary>
    public required int Nodes { get; init; }

    /// <summary>The keyspace's replication, <c>class</c> and factors; null where there is no keyspace.</summary>
    public required IReadOnlyDictionary<string, string>? Replication { get; init; }

    /// <summary>The keyspace's tables by name.</summary>
    public required IReadOnlyDictionary<string, TableFacts> Tables { get; init; }

    /// <summary>How the node that answered syncs its commit log; null where the role may not see it.</summary>
    public required string? CommitLogSync { get; init; }

    /// <summary>The clock of the node that answered less this machine's.</summary>
    public required TimeSpan ClockAhead { get; init; }

    public static async Task<CassandraFacts> ReadAsync(
        CqlSession session, CassandraOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var asked = time.GetUtcNow();
        var local = await FirstAsync(
            session,
            "SELECT data_center, release_version, toTimestamp(now()) FROM system.local",
            static row => (row.GetString(0), row.GetString(1), row.GetDateTimeOffset(2)),
            cancellationToken);
        var answered = time.GetUtcNow();
        var dataCenter = options.LocalDataCenter ?? local.Item1;
        var peers = await ReadAsync(
            session, new SimpleStatement("SELECT data_center FROM system.peers_v2"),
            static row => row.IsNull(0) ? "" : row.GetString(0), cancellationToken);
        var replication = await ReadAsync(
            session,
            new SimpleStatement("SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?")
                .Add(options.Keyspace, CqlCodecs.Text),
            static row => row.Get(0, CqlCodecs.Map(CqlCodecs.Text, CqlCodecs.Text)),
            cancellationToken);
        return new CassandraFacts
        {
            Version = local.Item2,
            DataCenter = dataCenter,
            Nodes = peers.Prepend(local.Item1).Count(center => center == dataCenter),
            Replication = replication.FirstOrDefault(),
            Tables = await TablesAsync(session, options.Keyspace, cancellationToken),
            CommitLogSync = await SyncAsync(session, cancellationToken),
            ClockAhead = local.Item3 - (asked + ((answered - asked) / 2)),
        };
    }

    private static async Task<Dictionary<string, TableFacts>> TablesAsync(
        CqlSession session, string keyspace, CancellationToken cancellationToken)
    {
        var tables = await ReadAsync(
            session,
            new SimpleStatement(
                "SELECT table_name, gc_grace_seconds, compaction, read_repair FROM system_schema.tables "
                + "WHERE keyspace_name = ?")
                .Add(keyspace, CqlCodecs.Text),
            static row => (
                Name: row.GetString(0), Grace: row.GetInt32(1),
                Compaction: row.Get(2, CqlCodecs.Map(CqlCodecs.Text, CqlCodecs.Text)),
                ReadRepair: row.IsNull(3) ? "" : row.GetString(3)),
            cancellationToken);
        var columns = await ReadAsync(
            session,
            new SimpleStatement(
                "SELECT table_name, column_name, type, kind, position, clustering_order FROM system_schema.columns "
                + "WHERE keyspace_name = ?").Add(keyspace, CqlCodecs.Text),
            static row => (Table: row.GetString(0), Column: new ColumnFacts(
                row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt32(4), row.GetString(5))),
            cancellationToken);
        var byTable = columns.ToLookup(static one => one.Table, static one => one.Column);
        return tables.ToDictionary(
            static table => table.Name,
            table => new TableFacts(
                [.. byTable[table.Name].OrderBy(static column => column.Name, StringComparer.Ordinal)],
                table.Grace,
                table.Compaction.GetValueOrDefault("class", "").Split('.')[^1],
                WindowOf(table.Compaction),
                table.ReadRepair),
            StringComparer.Ordinal);
    }

    /// <summary>As <see cref="CassandraTable.Window"/> writes it; empty where there is none.</summary>
    private static string WindowOf(IReadOnlyDictionary<string, string> compaction) =>
        compaction.TryGetValue("compaction_window_size", out var size)
            ? $"{size} {compaction.GetValueOrDefault("compaction_window_unit", "DAYS")}"
            : "";

    private static async Task<string?> SyncAsync(CqlSession session, CancellationToken cancellationToken)
    {
        try
        {
            return (await ReadAsync(
                session,
                new SimpleStatement("SELECT value FROM system_views.settings WHERE name = 'commitlog_sync'"),
                static row => row.GetString(0),
                cancellationToken)).FirstOrDefault();
        }
        catch (Cql.Errors.CqlUnauthorizedException)
        {
            return null;
        }
    }

    private static async Task<T> FirstAsync<T>(
        CqlSession session, string cql, Func<Row, T> read, CancellationToken cancellationToken) =>
        (await ReadAsync(session, new SimpleStatement(cql), read, cancellationToken))[0];

    private static async Task<List<T>> ReadAsync<T>(
        CqlSession session, SimpleStatement statement, Func<Row, T> read, CancellationToken cancellationToken)
    {
        // What a node says of itself and of the schema is no replicated data.
        statement.Consistency = Consistency.One;
        var rows = new List<T>();
        await foreach (var row in session.QueryAsync(statement, cancellationToken)) rows.Add(read(row));
        return rows;
    }
}

/// <summary>What a table is.</summary>
/// <param name="Columns">In the order of their names.</param>
/// <param name="GraceSeconds">How long replicas keep deletions.</param>
/// <param name="Compaction">The class, without its package.</param>
/// <param name="Window">How much time a file of TimeWindow compaction has, such as <c>30 DAYS</c>.</param>
/// <param name="ReadRepair">What a read that finds replicas apart does about it.</param>
internal sealed record TableFacts(
    IReadOnlyList<ColumnFacts> Columns, int GraceSeconds, string Compaction, string Window, string ReadRepair);
