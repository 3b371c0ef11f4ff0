namespace LiveChat.Cql.Tests.Server;

/// <summary>One real node, on which everything depends: killed, started again and frozen under load.</summary>
[Collection(nameof(LoneNode))]
[Trait("needs", "cassandra")]
public sealed class LoneNodeTests(LoneNode cassandra)
{
    private const string Table = "CREATE TABLE ks.t (p int PRIMARY KEY, v int)";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Killing_restarting_and_freezing_the_only_node_under_load_gives_no_wrong_answer()
    {
        var options = cassandra.Options();
        options.Consistency = Consistency.One;
        options.RequestTimeout = TimeSpan.FromSeconds(2);
        options.HeartbeatInterval = options.HeartbeatTimeout = TimeSpan.FromSeconds(2);
        await using var schema = await TestSchema.CreateAsync(options, 1, Table);
        var load = await Load.StartAsync(schema);
        await load.RunForAsync(200);
        await cassandra.KillAsync(1);
        await load.WaitForFailuresAsync(Patience);
        await cassandra.StartNodeAsync(1);
        await load.WaitForGoodRunAsync(200, Patience);
        await cassandra.FreezeAsync(1);
        await load.WaitForFailuresAsync(Patience);
        await cassandra.ThawAsync(1);
        await load.WaitForGoodRunAsync(200, Patience);
        await load.StopAsync();
        await load.VerifyAsync();
    }
}
