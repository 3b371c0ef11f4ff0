using System.Buffers.Binary;
using LiveChat.Cluster.Tests.Log;
using LiveChat.Cluster.Tests.Store;
using LiveChat.Core.Chats;
using LiveChat.EndToEnd.Brokers;
using LiveChat.EndToEnd.Crash;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.EndToEnd.SeveralNodes;

/// <summary>Three nodes are upgraded one by one, under load, to a build that knows a rules number and a kind of record
/// more. With <c>LIVECHAT_LONG=1</c> only.</summary>
[Collection(nameof(OnServices))]
public sealed class TwoBuildsTests(OneBroker broker, OneCassandra cassandra)
{
    [Fact]
    public async Task Two_builds_write_what_both_know_and_the_new_kind_begins_with_the_last_upgrade()
    {
        Requirement.Long();
        using var scratch = new ScratchDirectory();
        var next = NextBuild.PutInto(scratch);
        await using var cluster = await NodeCluster.StartAsync(broker, cassandra, NodeCluster.Three);
        string chat;
        using (var zoe = await cluster.ConnectAsync("zoe", cluster.Nodes[0]))
            chat = (await zoe.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "yan" })).Chat;
        await cluster.Load.HoldsDuringAsync("an upgrade of all nodes", async () =>
        {
            for (var upgraded = 0; upgraded < cluster.Nodes.Count; upgraded++)
            {
                await RefuseAsync(cluster, cluster.Nodes.Take(upgraded), chat);
                var node = cluster.Nodes[upgraded];
                await node.Server.StopAsync();
                node.Server.Program = next;
                await node.StartAsync();
                await NodeCluster.IsReadyAsync(node);
                await cluster.Load.GoesOnAsync(50);
            }

            foreach (var node in cluster.Nodes)
                await BrokerLog.UntilAsync(async () => await SendAsync(cluster, node, chat) is Ack);
        });
        var written = Topics.Read(broker.Addresses, cluster.Topic);
        Assert.Contains(written, static record => record[1] == NextBuild.Kind);
        Assert.All(
            written.Where(static record => record[1] == NextBuild.Kind),
            static record => Assert.Equal(NextBuild.Rules, RulesOf(record)));
        Assert.Contains(written, static record => RulesOf(record) == RulesV4.Number);

        // The build before does not begin to read what it cannot decide.
        await cluster.Load.HoldsDuringAsync("a start of the build before", async () =>
        {
            var node = cluster.Nodes[0];
            await node.Server.StopAsync();
            (node.Server.Program, var former) = (CrashServer.ThisBuild, node.Server.Program);
            var refused = await Assert.ThrowsAsync<InvalidOperationException>(node.StartAsync);
            Assert.Contains(
                $"The log is written for rules number {NextBuild.Rules}, and this build knows", refused.Message,
                StringComparison.Ordinal);
            node.Server.Program = former;
            await node.StartAsync();
        });
        await cluster.IsProcessedAsync();
    }

    /// <summary>While a node of the build before is there, those of the next one refuse the new kind.</summary>
    private static async Task RefuseAsync(NodeCluster cluster, IEnumerable<ClusterNode> upgraded, string chat)
    {
        foreach (var node in upgraded)
        {
            var problem = Assert.IsType<ErrorFrame>(await SendAsync(cluster, node, chat)).Problem;
            Assert.Equal((ErrorCode.Unavailable, true), (problem.Code, problem.Retryable));
            Assert.Contains("once every server is upgraded", problem.Detail, StringComparison.Ordinal);
        }
    }

    private static async Task<ServerFrame> SendAsync(NodeCluster cluster, ClusterNode node, string chat)
    {
        using var zoe = await cluster.ConnectAsync("zoe", node);
        return await zoe.AskAsync(TestSocket.Message(chat, $"{NextBuild.Sign} a kind of its own"));
    }

    private static ushort RulesOf(byte[] record) => BinaryPrimitives.ReadUInt16LittleEndian(record.AsSpan(2));
}
