using System.Net;

namespace LiveChat.Cql.Tests.Server;

/// <summary>Three real nodes: routing, and killing, freezing and restarting them under load.</summary>
[Collection(nameof(ThreeNodes))]
[Trait("needs", "cassandra")]
public sealed class ClusterTests(ThreeNodes cassandra)
{
    private const string Table = "CREATE TABLE ks.t (p int PRIMARY KEY, v int)";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task A_request_goes_to_a_replica()
    {
        await using var schema = await TestSchema.CreateAsync(cassandra.Options(), 1, Table);
        var insert = await schema.PrepareAsync("INSERT INTO ks.t (p, v) VALUES (?, 0)");
        var topology = schema.Session.Topology;
        Assert.Equal(3, topology.LocalNodes.Length);
        for (var key = 0; key < 40; key++)
        {
            var bound = insert.Bind().Set(0, key);
            Assert.True(bound.TryGetToken(out var token));
            var replica = Assert.Single(topology.ReplicasOf(schema.Keyspace, token));
            var before = await LocalWritesAsync(schema, replica.EndPoint);
            await schema.Session.ExecuteAsync(bound);
            Assert.True(await LocalWritesAsync(schema, replica.EndPoint) > before);
            if (key == 3) return; // four keys say it; each asks two virtual tables
        }
    }

    [Fact]
    public async Task A_schema_statement_returns_when_all_nodes_agree()
    {
        await using var schema = await TestSchema.CreateAsync(cassandra.Options(), 3, Table);
        for (var round = 0; round < 5; round++)
        {
            await schema.ExecuteAsync($"CREATE TABLE ks.a{round} (k int PRIMARY KEY)");
            var insert = new SimpleStatement($"INSERT INTO {schema.Keyspace}.a{round} (k) VALUES (1)")
            {
                Consistency = Consistency.All,
            };
            await schema.Session.ExecuteAsync(insert);
        }
    }

    [Fact]
    public async Task Killing_freezing_and_restarting_nodes_under_load_gives_no_wrong_answer()
    {
        var options = cassandra.Options();
        Assert.SkipUnless(cassandra.IsOwn, "Only nodes of our own are killed.");
        options.Consistency = Consistency.Quorum;
        options.RequestTimeout = TimeSpan.FromSeconds(2);
        options.HeartbeatInterval = options.HeartbeatTimeout = TimeSpan.FromSeconds(2);
        await using var schema = await TestSchema.CreateAsync(options, 3, Table);
        var load = await Load.StartAsync(schema);
        await load.RunForAsync(200);
        await cassandra.KillAsync(2);
        await load.RunForAsync(300);
        await cassandra.FreezeAsync(3); // no quorum now: what fails must say so, and nothing may lie
        await load.WaitForFailuresAsync(Patience);
        await cassandra.StartNodeAsync(2);
        await cassandra.ThawAsync(3);
        await load.WaitForGoodRunAsync(300, Patience);
        await load.StopAsync();
        await load.VerifyAsync();
        await AllNodesServeAsync(schema.Session);
    }

    private static async Task AllNodesServeAsync(CqlSession session)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (session.Topology.LocalNodes.Any(node => node.IsReportedDown || node.Pool!.Pick() is null))
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, patience.Token);
    }

    /// <summary>How many rows of the keyspace's table the node itself has written, asked of that node alone.</summary>
    private static async Task<long> LocalWritesAsync(TestSchema schema, EndPoint node)
    {
        var options = new CqlOptions { ContactPoints = { node } };
        await using var connection = await Connections.Direct.ConnectAsync(node, options);
        return await connection.CoordinatorWritesAsync(schema.Keyspace);
    }
}
