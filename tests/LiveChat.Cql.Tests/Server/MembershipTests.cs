using LiveChat.Cql.Cluster;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Tests.Connections;

namespace LiveChat.Cql.Tests.Server;

/// <summary>A real node joins the cluster of a session that writes, and leaves it again.</summary>
[Collection(nameof(GrowingCluster))]
[Trait("needs", "cassandra")]
public sealed class MembershipTests(GrowingCluster cassandra)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task A_node_that_joins_is_asked_with_statements_that_nobody_prepared_there_until_it_leaves()
    {
        var options = cassandra.Options();
        options.Consistency = Consistency.One;
        await using var schema = await TestSchema.CreateAsync(options, 1, "CREATE TABLE ks.t (p int PRIMARY KEY)");
        var insert = await schema.PrepareAsync("INSERT INTO ks.t (p) VALUES (?)");
        using var stopping = new CancellationTokenSource();
        var writing = WriteAsync(schema.Session, insert, stopping.Token);

        await cassandra.JoinAsync();
        await UntilAsync(() => schema.Session.Topology.LocalNodes.Any(IsSecondAndOpen));
        await using (var second = await Direct.ConnectAsync(cassandra.Second, options))
        {
            var before = await second.CoordinatorWritesAsync(schema.Keyspace);
            await UntilAsync(async () => await second.CoordinatorWritesAsync(schema.Keyspace) >= before + 100);
            await UntilAsync(async () => await KnowsAsync(second, insert.Cql));
        }

        await cassandra.LeaveAsync();
        await UntilAsync(() => schema.Session.Topology.LocalNodes is [var last] && !IsSecond(last));
        await stopping.CancelAsync();
        var written = await writing;
        var read = new HashSet<int>();
        await foreach (var row in schema.Session.QueryAsync(new SimpleStatement($"SELECT p FROM {schema.Keyspace}.t")))
            Assert.True(read.Add(row.GetInt32(0)));
        Assert.Equal(Enumerable.Range(0, written).ToHashSet(), read);
    }

    private bool IsSecond(Node node) => node.EndPoint.Equals(cassandra.Second);

    private bool IsSecondAndOpen(Node node) => IsSecond(node) && node.Pool?.Pick() is not null;

    /// <summary>Writes one key after the other, each until it is confirmed; the number of keys.</summary>
    private static async Task<int> WriteAsync(
        CqlSession session, PreparedStatement insert, CancellationToken cancellationToken)
    {
        var key = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await session.ExecuteAsync(insert.Bind().Set(0, key), CancellationToken.None);
                key++;
            }
            catch (CqlException)
            {
                // the same key again
            }

            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, CancellationToken.None);
        }

        return key;
    }

    /// <summary>Whether the node has been told a statement: it keeps them in a table of its own.</summary>
    private static async Task<bool> KnowsAsync(Direct node, string cql)
    {
        using var rows = await node.QueryAsync("SELECT query_string FROM system.prepared_statements");
        return rows.Any(row => row.GetString(0) == cql);
    }

    private static Task UntilAsync(Func<bool> isSo) => UntilAsync(() => Task.FromResult(isSo()));

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await isSo()) await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, patience.Token);
    }
}
