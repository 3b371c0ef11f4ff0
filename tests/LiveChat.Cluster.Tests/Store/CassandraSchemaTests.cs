using LiveChat.Cluster.Store;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveChat.Cluster.Tests.Store;

/// <summary>What a start makes of a keyspace, and when it refuses one.</summary>
[Collection(nameof(OneCassandra))]
public sealed class CassandraSchemaTests(OneCassandra cassandra)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Servers_that_start_at_once_make_one_schema_and_a_later_start_changes_nothing()
    {
        var options = cassandra.NewKeyspace();
        var sessions = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => cassandra.OpenAsync(options)));
        foreach (var session in sessions) await session.DisposeAsync();
        var made = await FactsAsync(options);

        Assert.Equal("1", made.Replication![made.DataCenter]);
        Assert.Equal(
            CassandraTables.All.Select(static table => table.Name).Order(StringComparer.Ordinal),
            made.Tables.Keys.Order(StringComparer.Ordinal));
        foreach (var table in CassandraTables.All)
        {
            Assert.Equal(table.Facts, made.Tables[table.Name].Columns);
            Assert.Equal(table.Compaction, made.Tables[table.Name].Compaction);
        }

        await (await cassandra.OpenAsync(options)).DisposeAsync();
        Assert.Equal(LineOf(made), LineOf(await FactsAsync(options)));
    }

    [Fact]
    public async Task A_keyspace_of_every_older_version_is_brought_to_this_one()
    {
        var options = cassandra.NewKeyspace();
        await (await cassandra.OpenAsync(options)).DisposeAsync();
        var made = LineOf(await FactsAsync(options));
        for (var version = CassandraSchema.Version - 1; version > 0; version--)
        {
            foreach (var table in CassandraTables.Steps.Skip(version).SelectMany(static step => step))
                await CassandraNodes.ExecuteAsync(options, $"DROP TABLE {options.Keyspace}.{table.Name}");
            await CassandraNodes.ExecuteAsync(
                options,
                $"UPDATE {options.Keyspace}.installation SET value = '{version}' WHERE name = 'schema' IF EXISTS");
            await (await cassandra.OpenAsync(options)).DisposeAsync();
            Assert.Equal(made, LineOf(await FactsAsync(options)));
        }
    }

    /// <summary>Each is refused with a sentence that says what to do, and the keyspace stays as it was.</summary>
    [Theory]
    [InlineData("UPDATE {0}.installation SET value = '99' WHERE name = 'schema'", "newer one")]
    [InlineData("UPDATE {0}.installation SET value = 'x' WHERE name = 'schema'", "newer one")]
    [InlineData("ALTER TABLE {0}.events ADD mood text", "mood text was added")]
    [InlineData("DROP TABLE {0}.installation", "none of them is LiveChat's")]
    public async Task A_keyspace_that_is_not_as_this_server_left_it_is_refused(string change, string says)
    {
        var options = cassandra.NewKeyspace();
        await (await cassandra.OpenAsync(options)).DisposeAsync();
        await CassandraNodes.ExecuteAsync(options, change.Replace("{0}", options.Keyspace, StringComparison.Ordinal));
        var before = LineOf(await FactsAsync(options));

        var refused = await Assert.ThrowsAsync<CassandraRefusedException>(() => cassandra.OpenAsync(options));
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, LineOf(await FactsAsync(options)));
    }

    [Fact]
    public async Task One_replica_is_refused_unless_it_is_asked_for()
    {
        var options = cassandra.NewKeyspace() with { SingleNode = false };
        var tooFew = await Assert.ThrowsAsync<CassandraRefusedException>(() => cassandra.OpenAsync(options));
        Assert.Contains("needs 3 nodes", tooFew.Message, StringComparison.Ordinal);
        Assert.Null((await FactsAsync(options)).Replication);

        await (await cassandra.OpenAsync(options with { SingleNode = true })).DisposeAsync();
        var refused = await Assert.ThrowsAsync<CassandraRefusedException>(() => cassandra.OpenAsync(options));
        Assert.Contains("SingleNode=true", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_centre_without_nodes_is_refused()
    {
        var options = cassandra.NewKeyspace() with { LocalDataCenter = "moon" };
        var wrong = await Assert.ThrowsAsync<CassandraRefusedException>(() => cassandra.OpenAsync(options));
        Assert.Contains("moon", wrong.Message, StringComparison.Ordinal);
    }

    private static async Task<CassandraFacts> FactsAsync(CassandraOptions options)
    {
        await using var session = await CassandraConnection.ConnectAsync(options, NullLoggerFactory.Instance, Token);
        return await CassandraFacts.ReadAsync(session, options, TimeProvider.System, Token);
    }

    private static string LineOf(CassandraFacts facts) => string.Join(
        '\n',
        facts.Tables.OrderBy(static table => table.Key, StringComparer.Ordinal).Select(static table =>
            $"{table.Key} {table.Value.GraceSeconds} {table.Value.Compaction} "
            + string.Join(',', table.Value.Columns)));
}
