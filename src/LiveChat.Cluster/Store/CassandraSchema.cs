using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LiveChat.Cql;
using LiveChat.Cql.Values;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Store;

/// <summary>
/// Makes the keyspace and brings its tables to the version of this server, a step at a time and only forward.
/// <code>
/// installation  'schema'      → the number of the last step that is done
///               'schema_lock' → the server that makes steps now; gone after a minute
/// </code>
/// Any number of servers may start at once: the lock is a row that a condition gives to one of them, the others wait
/// for the number. The table of the lock itself has an id that follows from its name, so that two servers which make it
/// at the same time make the same one. A step is repeated after a crash in it. Belongs to one start.
/// </summary>
internal sealed partial class CassandraSchema(
    CqlSession session, CassandraOptions options, TimeProvider time, ILogger<CassandraSchema> logger)
{
    private const string VersionRow = "schema";
    private const string LockRow = "schema_lock";
    private const int LockSeconds = 60;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(30);

    private readonly string _me = RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>The version of this server.</summary>
    public static int Version => CassandraTables.Steps.Count;

    private string Installation => $"{options.Keyspace}.{CassandraTables.Installation.Name}";

    /// <exception cref="CassandraRefusedException">The keyspace must not be used; nothing was changed.</exception>
    /// <exception cref="Cql.Errors.CqlException">Cassandra refuses something, or is away.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        var facts = await CheckAsync(cancellationToken);
        if (facts.Replication is null) await MakeKeyspaceAsync(facts, cancellationToken);
        if (!facts.Tables.ContainsKey(CassandraTables.Installation.Name))
            await ChangeAsync(
                CassandraTables.Installation.ToCql(options.Keyspace, IdOf(Installation)), cancellationToken);
        while (await ReadVersionAsync(cancellationToken) < Version)
        {
            if (await TryLockAsync(cancellationToken)) await MakeStepsAsync(cancellationToken);
            else await Task.Delay(LookEvery, time, cancellationToken);
        }

        foreach (var finding in CassandraChecks.Of(await CheckAsync(cancellationToken), options))
            if (finding.Verdict is ServiceVerdict.Warns) LogWarns($"{finding}");
        await ProveRightsAsync(cancellationToken);
    }

    /// <summary>The number of the last step that is done; 0 for none.</summary>
    /// <exception cref="CassandraRefusedException">It is of a newer server.</exception>
    public async Task<int> ReadVersionAsync(CancellationToken cancellationToken)
    {
        var read = new SimpleStatement($"SELECT value FROM {Installation} WHERE name = ?")
            .Add(VersionRow, CqlCodecs.Text);
        read.Consistency = Consistency.LocalSerial;
        using var rows = await session.ExecuteAsync(read, cancellationToken);
        var text = rows.Count == 0 ? "0" : rows[0].GetString(0);
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) || version > Version)
            throw new CassandraRefusedException(
                $"The keyspace {options.Keyspace} has the schema version {text}, and this server knows versions up to "
                + $"{Version}: start the version of the server that wrote it, or a newer one.");
        return version;
    }

    private async Task<CassandraFacts> CheckAsync(CancellationToken cancellationToken)
    {
        var facts = await CassandraFacts.ReadAsync(session, options, time, cancellationToken);
        var refused = CassandraChecks.Of(facts, options)
            .FirstOrDefault(static finding => finding.Verdict is ServiceVerdict.Refused);
        return refused is null ? facts : throw new CassandraRefusedException($"{refused}");
    }

    private async Task MakeKeyspaceAsync(CassandraFacts facts, CancellationToken cancellationToken)
    {
        var replicas = options.SingleNode ? 1 : options.ReplicationFactor;
        var center = facts.DataCenter.Replace("'", "''", StringComparison.Ordinal);
        await ChangeAsync(
            $"CREATE KEYSPACE IF NOT EXISTS {options.Keyspace} WITH replication = "
            + $"{{'class': 'NetworkTopologyStrategy', '{center}': {replicas}}}",
            cancellationToken);
        LogMade(options.Keyspace, replicas, facts.DataCenter);
    }

    private async Task MakeStepsAsync(CancellationToken cancellationToken)
    {
        for (var version = await ReadVersionAsync(cancellationToken); version < Version; version++)
        {
            foreach (var table in CassandraTables.Steps[version])
            {
                await ChangeAsync(table.ToCql(options.Keyspace), cancellationToken);
                if (!await KeepLockAsync(cancellationToken)) return;
            }

            var next = (version + 1).ToString(CultureInfo.InvariantCulture);
            var raise = version == 0
                ? new SimpleStatement($"INSERT INTO {Installation} (value, name) VALUES (?, ?) IF NOT EXISTS")
                    .Add(next, CqlCodecs.Text).Add(VersionRow, CqlCodecs.Text)
                : new SimpleStatement($"UPDATE {Installation} SET value = ? WHERE name = ? IF value = ?")
                    .Add(next, CqlCodecs.Text).Add(VersionRow, CqlCodecs.Text)
                    .Add(version.ToString(CultureInfo.InvariantCulture), CqlCodecs.Text);
            using var rows = await DecideAsync(raise, cancellationToken);
            LogStep(options.Keyspace, version + 1);
        }

        using var released = await DecideAsync(
            new SimpleStatement($"DELETE FROM {Installation} WHERE name = ? IF value = ?")
                .Add(LockRow, CqlCodecs.Text).Add(_me, CqlCodecs.Text),
            cancellationToken);
    }

    /// <summary>An answer that was lost shows at the next try: the lock is this server's own then.</summary>
    private async Task<bool> TryLockAsync(CancellationToken cancellationToken)
    {
        using var rows = await DecideAsync(
            new SimpleStatement(
                $"INSERT INTO {Installation} (name, value) VALUES (?, ?) IF NOT EXISTS USING TTL {LockSeconds}")
                .Add(LockRow, CqlCodecs.Text).Add(_me, CqlCodecs.Text),
            cancellationToken);
        if (rows.WasApplied) return true;
        var value = rows.Ordinal("value");
        return !rows[0].IsNull(value) && rows[0].GetString(value) == _me;
    }

    private async Task<bool> KeepLockAsync(CancellationToken cancellationToken)
    {
        using var rows = await DecideAsync(
            new SimpleStatement(
                $"UPDATE {Installation} USING TTL {LockSeconds} SET value = ? WHERE name = ? IF value = ?")
                .Add(_me, CqlCodecs.Text).Add(LockRow, CqlCodecs.Text).Add(_me, CqlCodecs.Text),
            cancellationToken);
        return rows.WasApplied;
    }

    /// <summary>A condition that never holds needs the rights of one that does, and changes nothing.</summary>
    private async Task ProveRightsAsync(CancellationToken cancellationToken)
    {
        using var rows = await DecideAsync(
            new SimpleStatement($"UPDATE {Installation} SET value = ? WHERE name = ? IF value = ?")
                .Add("", CqlCodecs.Text).Add("nothing", CqlCodecs.Text).Add("nothing", CqlCodecs.Text),
            cancellationToken);
    }

    private async Task ChangeAsync(string cql, CancellationToken cancellationToken)
    {
        var statement = new SimpleStatement(cql) { Timeout = StatementTimeout };
        using var rows = await session.ExecuteAsync(statement, cancellationToken);
    }

    private ValueTask<RowSet> DecideAsync(SimpleStatement statement, CancellationToken cancellationToken)
    {
        statement.SerialConsistency = Consistency.LocalSerial;
        return session.ExecuteAsync(statement, cancellationToken);
    }

    /// <summary>The id of a table that several servers may make at once.</summary>
    private static Guid IdOf(string table) => new(SHA256.HashData(Encoding.UTF8.GetBytes(table)).AsSpan(0, 16));

    [LoggerMessage(11120, LogLevel.Information,
        "Made the keyspace {Keyspace} with {Replicas} replicas in the data centre {DataCenter}.")]
    private partial void LogMade(string keyspace, int replicas, string dataCenter);

    [LoggerMessage(11121, LogLevel.Information, "The keyspace {Keyspace} has the schema version {Version} now.")]
    private partial void LogStep(string keyspace, int version);

    [LoggerMessage(11122, LogLevel.Warning, "{Finding}")]
    private partial void LogWarns(string finding);
}
