using System.Globalization;
using LiveChat.Cluster.Nodes;
using LiveChat.Core.Chats;
using LiveChat.Core.Links;
using LiveChat.Cql;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Values;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveChat.Cluster.Store;

/// <summary>Everything that a start would check of Cassandra and the keyspace, and what an operator has to do now and
/// then. Changes nothing.</summary>
internal static class CassandraDoctor
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <param name="options">The options that the server is started with.</param>
    /// <param name="time">The clock that is compared.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<CassandraReport> LookAsync(
        CassandraOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var findings = new List<ServiceFinding>();
        string? mark = null;
        IReadOnlyList<NodeEntry> nodes = [];
        try
        {
            await using var session = await CassandraConnection
                .ConnectAsync(options, NullLoggerFactory.Instance, cancellationToken)
                .WaitAsync(Patience, time, cancellationToken);
            findings.Add(ServiceFinding.Good("nodes", $"{options.ContactPoints} answer."));
            var facts = await CassandraFacts.ReadAsync(session, options, time, cancellationToken);
            findings.AddRange(CassandraChecks.Of(facts, options));
            if (!facts.Tables.ContainsKey(CassandraTables.Installation.Name))
                return new CassandraReport(findings, null);
            var version = await new CassandraSchema(session, options, time, NullLogger<CassandraSchema>.Instance)
                .ReadVersionAsync(cancellationToken);
            findings.Add(ServiceFinding.Good("schema", $"The schema has the version {version}."));
            findings.Add(await CassandraRepairs.LookAsync(session, facts, options, time, cancellationToken));
            findings.Add(await ErasuresAsync(session, options, cancellationToken));
            mark = await LogMarkAsync(session, options, cancellationToken);
            if (facts.Tables.ContainsKey("nodes")) // Not of an older server.
            {
                (nodes, var rules) = await CassandraNodeRegistry.LookAsync(
                    session, options.Keyspace, cancellationToken);
                findings.AddRange(NodeChecks.Of(nodes, rules, RulesTable.Default.Numbers.Highest));
            }
        }
        catch (CassandraRefusedException e)
        {
            findings.Add(ServiceFinding.Refused("start", "The server would not start.", e.Message));
        }
        catch (CqlException e) when (CassandraErrors.Advice(e, options) is { } advice)
        {
            findings.Add(ServiceFinding.Refused("start", "Cassandra refuses this server.", advice));
        }
        catch (Exception e) when (e is CqlException or TimeoutException)
        {
            findings.Add(ServiceFinding.Refused(
                "nodes",
                $"{options.ContactPoints} do not answer: {e.Message}",
                "Start the nodes, or correct LiveChat:Store:ContactPoints, Port, Tls and ClientCertificate; a server "
                + "waits for them."));
        }

        return new CassandraReport(findings, mark) { Nodes = nodes };
    }

    /// <summary>Deleted texts are overwritten, and lie in files of the nodes until these are collected.</summary>
    private static async Task<ServiceFinding> ErasuresAsync(
        CqlSession session, CassandraOptions options, CancellationToken cancellationToken)
    {
        var erased = await TimeOfAsync(session, options, "erasure", cancellationToken);
        var collected = await TimeOfAsync(session, options, "garbagecollect", cancellationToken);
        if (erased is null) return ServiceFinding.Good("erasures", "No text was ever deleted.");
        var at = erased.Value.ToString("u", CultureInfo.InvariantCulture);
        return collected > erased
            ? ServiceFinding.Good("erasures", $"Deleted texts, the last at {at}, were collected since.")
            : ServiceFinding.Warns(
                "erasures",
                $"Texts were deleted, the last at {at}, and may still lie in files of the nodes.",
                $"On each node run nodetool flush and nodetool garbagecollect -g CELL {options.Keyspace} events edits, "
                + "then report it: docs/ops/cassandra.md says how.");
    }

    private static async Task<string?> LogMarkAsync(
        CqlSession session, CassandraOptions options, CancellationToken cancellationToken)
    {
        var read = new SimpleStatement($"SELECT value FROM {options.Keyspace}.installation WHERE name = ?")
            .Add(CassandraLogMark.Name, CqlCodecs.Text);
        using var rows = await session.ExecuteAsync(read, cancellationToken);
        return rows.Count == 0 || rows[0].IsNull(0) ? null : rows[0].GetString(0);
    }

    private static async Task<DateTimeOffset?> TimeOfAsync(
        CqlSession session, CassandraOptions options, string what, CancellationToken cancellationToken)
    {
        var read = new SimpleStatement($"SELECT at_ms FROM {options.Keyspace}.maintenance WHERE what = ?")
            .Add(what, CqlCodecs.Text);
        using var rows = await session.ExecuteAsync(read, cancellationToken);
        return rows.Count == 0 || rows[0].IsNull(0)
            ? null
            : DateTimeOffset.FromUnixTimeMilliseconds(rows[0].GetInt64(0));
    }
}
