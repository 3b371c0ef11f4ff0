namespace LiveChat.Cluster.Store;

/// <summary>A table as this server makes it: what its <c>CREATE TABLE</c> says, and what <c>system_schema</c> must say
/// of it afterwards. A column is a name and a CQL type, a clustering column perhaps with <c>desc</c> behind.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Use">How its cells come and change, which decides how it is compacted.</param>
internal sealed record CassandraTable(string Name, TableUse Use)
{
    /// <summary>How long replicas keep deletions: twice as long as a log keeps records by default. History deletes
    /// nothing.</summary>
    public const int GraceSeconds = 15 * 24 * 60 * 60;

    /// <summary>What a read that finds replicas apart must do before it answers: otherwise two reads one after the
    /// other could go back.</summary>
    public const string ReadRepair = "BLOCKING";

    private const int WindowDays = 30;

    public required string[] Partition { get; init; }

    public string[] Clustering { get; init; } = [];

    public required string[] Columns { get; init; }

    /// <summary>Columns that a whole partition has once.</summary>
    public string[] Statics { get; init; } = [];

    /// <summary>Why the class: events are read by their time and hardly ever change, the rest is overwritten.</summary>
    public string Compaction => Use switch
    {
        TableUse.Appended => "TimeWindowCompactionStrategy",
        _ => "LeveledCompactionStrategy",
    };

    /// <summary>The time that a file has under TimeWindow compaction; empty under another one.</summary>
    public string Window => Use switch
    {
        TableUse.Appended => $"{WindowDays} DAYS",
        _ => "",
    };

    /// <summary>Every column as <c>system_schema.columns</c> has it, in the order of their names.</summary>
    public IReadOnlyList<ColumnFacts> Facts =>
    [
        .. Partition.Select(static (column, at) => FactsOf(column, "partition_key", at))
            .Concat(Clustering.Select(static (column, at) => FactsOf(column, "clustering", at)))
            .Concat(Columns.Select(static column => FactsOf(column, "regular", -1)))
            .Concat(Statics.Select(static column => FactsOf(column, "static", -1)))
            .OrderBy(static column => column.Name, StringComparer.Ordinal),
    ];

    /// <param name="keyspace">The keyspace.</param>
    /// <param name="id">The table's id in the cluster; null lets Cassandra choose.</param>
    public string ToCql(string keyspace, Guid? id = null)
    {
        var columns = Partition.Concat(Clustering).Concat(Columns).Select(static column => Words(column)[..2])
            .Select(static words => string.Join(' ', words))
            .Concat(Statics.Select(static column => $"{column} static"));
        var partition = $"({string.Join(", ", Partition.Select(NameOf))})";
        var key = string.Join(", ", Clustering.Select(NameOf).Prepend(partition));
        var order = Clustering.Length == 0
            ? ""
            : $" AND CLUSTERING ORDER BY ({string.Join(", ", Clustering.Select(OrderOf))})";
        var window = Use is TableUse.Appended
            ? $", 'compaction_window_unit': 'DAYS', 'compaction_window_size': {WindowDays}"
            : "";
        return $"CREATE TABLE IF NOT EXISTS {keyspace}.{Name} ({string.Join(", ", columns)}, PRIMARY KEY ({key})) WITH "
            + (id is { } fixedId ? $"ID = {fixedId} AND " : "")
            + $"compaction = {{'class': '{Compaction}'{window}}} AND gc_grace_seconds = {GraceSeconds}"
            + $" AND read_repair = '{ReadRepair}'{order}";
    }

    private static ColumnFacts FactsOf(string column, string kind, int position) => new(
        NameOf(column),
        Words(column)[1],
        kind,
        position,
        kind != "clustering" ? "none" : Words(column) is [_, _, var order] ? order : "asc");

    private static string OrderOf(string column) =>
        $"{NameOf(column)} {(Words(column) is [_, _, var order] ? order : "asc")}";

    private static string NameOf(string column) => Words(column)[0];

    private static string[] Words(string column) => column.Split(' ');
}

/// <summary>How the cells of a table come and change.</summary>
internal enum TableUse
{
    /// <summary>In the order of time, hardly ever twice: one window of time a file.</summary>
    Appended = 0,

    /// <summary>Again and again.</summary>
    Overwritten = 1,
}

/// <summary>A column as <c>system_schema.columns</c> has it.</summary>
internal readonly record struct ColumnFacts(string Name, string Type, string Kind, int Position, string Order);
