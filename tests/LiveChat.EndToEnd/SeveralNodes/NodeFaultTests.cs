using LiveChat.Cluster.Tests.Log;
using LiveChat.Cluster.Tests.Store;
using LiveChat.EndToEnd.Brokers;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.SeveralNodes;

/// <summary>
/// Real nodes die, stand still and are cut off under load. What one user sends at one gateway goes through an owner on
/// another node to users at a third one, and afterwards everything that was acknowledged is there, in one order, each
/// once, and everybody was told of it, without anybody's help. With <c>LIVECHAT_LONG=1</c> only: the continuous build
/// kills a worker and cuts a link in the fault matrix.
/// </summary>
[Collection(nameof(OnServices))]
public sealed class NodeFaultTests(OneBroker broker, OneCassandra cassandra)
{
    private static readonly TimeSpan CutFor = TimeSpan.FromSeconds(20);

    public static TheoryData<bool> Layouts => [false, true];

    [Fact]
    public async Task A_worker_that_is_killed_and_a_link_that_is_cut_one_way_lose_and_repeat_nothing()
    {
        Requirement.Long();
        await using var cluster = await NodeCluster.StartAsync(broker, cassandra, NodeCluster.TwoAndTwo);
        await cluster.Load.HoldsDuringAsync("a kill of worker-1", () => KillAsync(cluster, cluster["worker-1"]));
        await cluster.Load.HoldsDuringAsync(
            "a cut between gateway-1 and worker-2",
            () => NodeCluster.CutForAsync(cluster["gateway-1"], cluster["worker-2"], isUp: false, CutFor));
        await cluster.IsWholeAsync();
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public async Task Each_node_is_killed_and_stands_still(bool isOfOneKind)
    {
        Requirement.Long();
        await using var cluster = await StartAsync(isOfOneKind);
        foreach (var node in cluster.Nodes)
            await cluster.Load.HoldsDuringAsync($"a kill of {node.Name}", () => KillAsync(cluster, node));
        foreach (var seconds in (int[])[1, 10, 70])
            foreach (var node in isOfOneKind ? cluster.Nodes.Take(1) : [cluster["gateway-2"], cluster["worker-2"]])
                await cluster.Load.HoldsDuringAsync($"{seconds} s in which {node.Name} stood still", async () =>
                {
                    await node.Server.FreezeAsync();
                    await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
                    await node.Server.ThawAsync();
                });
        await cluster.IsWholeAsync();
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public async Task Each_pair_is_cut_each_way(bool isOfOneKind)
    {
        Requirement.Long();
        await using var cluster = await StartAsync(isOfOneKind);
        foreach (var (gateway, called) in cluster.Pairs())
            foreach (var isUp in (bool[])[false, true])
                await cluster.Load.HoldsDuringAsync(
                    $"a cut {(isUp ? "from" : "to")} {gateway.Name} at {called.Name}",
                    () => NodeCluster.CutForAsync(gateway, called, isUp, CutFor));
        await cluster.IsWholeAsync();
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public async Task Links_that_are_slow_narrow_and_break_again_and_again_lose_nothing(bool isOfOneKind)
    {
        Requirement.Long();
        await using var cluster = await StartAsync(isOfOneKind);
        await cluster.Load.HoldsDuringAsync("bad links", async () =>
        {
            foreach (var called in cluster.Nodes)
            {
                called.Worsen(new() { Delay = TimeSpan.FromMilliseconds(200) });
                await cluster.Load.GoesOnAsync(100);
                called.Worsen(new() { BytesPerSecond = 50_000, SliceBytes = 100 });
                await cluster.Load.GoesOnAsync(100);
                called.Worsen(new());
                for (var reset = 0; reset < 20; reset++)
                {
                    called.Reset();
                    await cluster.Load.GoesOnAsync(10);
                }
            }
        });
        await cluster.IsWholeAsync();
    }

    /// <summary>Partitions move again and again: another reader comes and goes, and nodes end and come back.</summary>
    [Theory]
    [MemberData(nameof(Layouts))]
    public async Task A_storm_of_rebalances_loses_nothing(bool isOfOneKind)
    {
        Requirement.Long();
        await using var cluster = await StartAsync(isOfOneKind);
        await cluster.Load.HoldsDuringAsync("a storm of rebalances", async () =>
        {
            for (var round = 0; round < 5; round++)
            {
                await using (var other = await OtherReader.JoinAsync(broker.Addresses, cluster.Topic))
                    if (round % 2 == 0) other.LeaveInSilence();
                var node = cluster.Workers[round % cluster.Workers.Count];
                await node.Server.StopAsync();
                await node.StartAsync();
            }
        });
        await cluster.IsWholeAsync();
    }

    private Task<NodeCluster> StartAsync(bool isOfOneKind) =>
        NodeCluster.StartAsync(broker, cassandra, isOfOneKind ? NodeCluster.Three : NodeCluster.TwoAndTwo);

    /// <summary>Others go on without it before it is there again.</summary>
    private static async Task KillAsync(NodeCluster cluster, ClusterNode node)
    {
        await node.Server.KillAsync();
        await cluster.Load.GoesOnAsync(100);
        await node.StartAsync();
    }
}
