using System.Globalization;

namespace LiveChat.Cluster.Store;

/// <summary>What must be right, or should be, before the keyspace is used. Pure.</summary>
internal static class CassandraChecks
{
    private const string SimpleStrategy = "SimpleStrategy";
    private const int ReplicasMin = 3;
    private static readonly TimeSpan DriftMax = TimeSpan.FromSeconds(1);

    public static IEnumerable<ServiceFinding> Of(CassandraFacts facts, CassandraOptions options) =>
    [
        OfVersion(facts),
        .. facts.Replication is null ? OfMissing(facts, options) : OfReplication(facts, options),
        .. OfTables(facts, options),
        OfSync(facts),
        OfClock(facts),
    ];

    private static ServiceFinding OfVersion(CassandraFacts facts) =>
        int.TryParse(facts.Version.Split('.')[0], CultureInfo.InvariantCulture, out var major) && major < 4
            ? ServiceFinding.Refused(
                "version", $"Cassandra is {facts.Version}.", "Upgrade it to 4.0 or newer, better 5.0.")
            : ServiceFinding.Good("version", $"Cassandra is {facts.Version}.");

    private static IEnumerable<ServiceFinding> OfMissing(CassandraFacts facts, CassandraOptions options)
    {
        var replicas = options.SingleNode ? 1 : options.ReplicationFactor;
        if (facts.Nodes == 0)
            yield return ServiceFinding.Refused(
                "replication", $"No node is in the data centre {facts.DataCenter}.",
                "Correct LiveChat:Store:LocalDataCenter; nodetool status names the data centres.");
        else if (facts.Nodes < replicas)
            yield return ServiceFinding.Refused(
                "replication",
                $"The keyspace {options.Keyspace} needs {replicas} nodes in the data centre {facts.DataCenter}, which "
                + $"has {facts.Nodes}.",
                "Add nodes, or, for a trial, set LiveChat:Store:SingleNode=true.");
        else
            yield return ServiceFinding.Good(
                "replication",
                $"There is no keyspace {options.Keyspace}: the first start makes it with {replicas} replicas.");
    }

    private static IEnumerable<ServiceFinding> OfReplication(CassandraFacts facts, CassandraOptions options)
    {
        var strategy = facts.Replication!.GetValueOrDefault("class", "").Split('.')[^1];
        var text = facts.Replication!.GetValueOrDefault(
            strategy is SimpleStrategy ? "replication_factor" : facts.DataCenter, "0");
        var replicas = int.TryParse(text.Split('/')[0], CultureInfo.InvariantCulture, out var number) ? number : 0;
        var found = $"The keyspace {options.Keyspace} has {replicas} replicas in the data centre {facts.DataCenter} "
            + $"({strategy}).";
        if (replicas == 0)
            yield return ServiceFinding.Refused(
                "replication", found,
                "Correct LiveChat:Store:LocalDataCenter, or give the keyspace replicas there (ALTER KEYSPACE, then "
                + "nodetool rebuild on its nodes).");
        else if (options.SingleNode)
            yield return ServiceFinding.Good("replication", found);
        else if (strategy is SimpleStrategy)
            yield return ServiceFinding.Refused(
                "replication", found,
                "SimpleStrategy knows no data centres: ALTER KEYSPACE to NetworkTopologyStrategy with 3 replicas.");
        else if (replicas < ReplicasMin)
            yield return ServiceFinding.Refused(
                "replication", found,
                "A broken disk would lose messages: ALTER KEYSPACE to 3 replicas and run nodetool repair -full, or, "
                + "for a trial, set LiveChat:Store:SingleNode=true.");
        else
            yield return ServiceFinding.Good("replication", found);
    }

    private static IEnumerable<ServiceFinding> OfTables(CassandraFacts facts, CassandraOptions options)
    {
        if (facts.Tables.Count == 0) yield break;
        if (!facts.Tables.ContainsKey(CassandraTables.Installation.Name))
        {
            yield return ServiceFinding.Refused(
                "tables",
                $"The keyspace {options.Keyspace} has tables and none of them is LiveChat's: "
                + $"{Some(facts.Tables.Keys)}.",
                "Name another keyspace in LiveChat:Store:Keyspace.");
            yield break;
        }

        var known = CassandraTables.All.Where(table => facts.Tables.ContainsKey(table.Name)).ToList();
        var altered = known.Where(table => !table.Facts.SequenceEqual(facts.Tables[table.Name].Columns)).ToList();
        foreach (var table in altered)
            yield return ServiceFinding.Refused(
                "tables",
                $"The table {options.Keyspace}.{table.Name} was altered: {Difference(table, facts)}.",
                "Undo it with ALTER TABLE, or restore the table from a snapshot.");
        if (altered.Count == 0)
            yield return ServiceFinding.Good(
                "tables", $"The tables of {options.Keyspace} are as this server makes them.");

        var grace = known.Where(table => facts.Tables[table.Name].GraceSeconds <= options.LogKeptFor.TotalSeconds)
            .Select(static table => table.Name).ToList();
        if (grace.Count > 0)
            yield return ServiceFinding.Warns(
                "gc_grace",
                $"gc_grace_seconds of {Some(grace)} is not above the {options.LogKeptFor.TotalDays:0.#} days for which "
                + "the log keeps its records.",
                $"ALTER TABLE … WITH gc_grace_seconds = {CassandraTable.GraceSeconds}.");
        var compacted = known.Where(table => !IsCompactedAs(table, facts.Tables[table.Name]))
            .Select(static table => table.Name).ToList();
        if (compacted.Count > 0)
            yield return ServiceFinding.Warns(
                "compaction",
                $"{Some(compacted)} are compacted otherwise than this server made them.",
                "Events belong under TimeWindowCompactionStrategy with windows of 30 days, the rest under Leveled or "
                + "Unified.");
        var unrepaired = known.Where(table => facts.Tables[table.Name].ReadRepair != CassandraTable.ReadRepair)
            .Select(static table => table.Name).ToList();
        if (unrepaired.Count > 0)
            yield return ServiceFinding.Warns(
                "read_repair",
                $"A read of {Some(unrepaired)} that finds replicas apart leaves them so: a later read may go back.",
                $"ALTER TABLE … WITH read_repair = '{CassandraTable.ReadRepair}'.");
    }

    private static ServiceFinding OfSync(CassandraFacts facts) => facts.CommitLogSync switch
    {
        "batch" or "group" => ServiceFinding.Good(
            "commitlog_sync", $"The commit log is synced before an answer ({facts.CommitLogSync})."),
        null => ServiceFinding.Warns(
            "commitlog_sync", "The role may not see how the nodes sync their commit log.",
            "Set commitlog_sync: group in cassandra.yaml, and GRANT SELECT ON KEYSPACE system_views to the role."),
        _ => ServiceFinding.Warns(
            "commitlog_sync",
            $"The nodes answer before their commit log is synced ({facts.CommitLogSync}): a replica that is killed "
            + "loses its last tenth of a second, and a power cut of all replicas at once the last seconds.",
            "Set commitlog_sync: group (or batch) in cassandra.yaml of each node and restart them one by one."),
    };

    private static ServiceFinding OfClock(CassandraFacts facts) => facts.ClockAhead.Duration() <= DriftMax
        ? ServiceFinding.Good("clock", "The clocks of Cassandra and of this machine agree to a second.")
        : ServiceFinding.Warns(
            "clock",
            $"The clock of Cassandra is {facts.ClockAhead.TotalSeconds:0.#} s ahead of this machine's.",
            "Synchronize the clocks of the nodes and of this machine (chrony, systemd-timesyncd).");

    private static bool IsCompactedAs(CassandraTable table, TableFacts there) =>
        (there.Compaction, there.Window) == (table.Compaction, table.Window)
        || (table.Use is TableUse.Overwritten && there.Compaction == "UnifiedCompactionStrategy");

    private static string Difference(CassandraTable table, CassandraFacts facts)
    {
        var there = facts.Tables[table.Name].Columns;
        var missing = table.Facts.Except(there).Select(static one => $"{one.Name} {one.Type} is missing or different");
        var added = there.ExceptBy(table.Facts.Select(static one => one.Name), static one => one.Name)
            .Select(static one => $"{one.Name} {one.Type} was added");
        return string.Join(", ", missing.Concat(added));
    }

    private static string Some(IEnumerable<string> names) =>
        string.Join(", ", names.Order(StringComparer.Ordinal).Take(5));
}
