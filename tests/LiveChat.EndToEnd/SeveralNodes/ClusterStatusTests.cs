using LiveChat.Cli;
using LiveChat.Cluster.Tests.Log;
using LiveChat.Cluster.Tests.Store;
using LiveChat.EndToEnd.Brokers;
using LiveChat.EndToEnd.Commands;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.EndToEnd.SeveralNodes;

/// <summary>What operators and devices at each of several nodes see of the others.</summary>
[Collection(nameof(OnServices))]
public sealed class ClusterStatusTests(OneBroker broker, OneCassandra cassandra)
{
    [Fact]
    public async Task Status_shows_the_whole_cluster_and_a_stopped_partition_on_one_node_delays_no_sync_elsewhere()
    {
        await using var cluster = await NodeCluster.StartAsync(broker, cassandra, NodeCluster.Three);
        foreach (var node in cluster.Nodes) await BrokerLog.UntilAsync(async () => await IsWellAsync(cluster, node));

        // One that stands still is live for a minute; that there is no link to it shows at once.
        var (first, last) = (cluster.Nodes[0], cluster.Nodes[^1]);
        await last.Server.FreezeAsync();
        await BrokerLog.UntilAsync(async () => (await AskAsync(cluster, first)).Lines.Any(
            line => line.StartsWith($"{last.Name}: live, not linked", StringComparison.Ordinal)));
        Assert.Equal(ExitCode.Refused, (await AskAsync(cluster, first)).ExitCode);
        await last.Server.ThawAsync();
        await BrokerLog.UntilAsync(async () => await IsWellAsync(cluster, first));

        await StoppedPartitionAsync(cluster);
    }

    private async Task StoppedPartitionAsync(NodeCluster cluster)
    {
        // Chats in partitions on all nodes; nobody is there when one of these stops.
        var since = new Dictionary<string, string>();
        var chats = new List<string>();
        using (var ann = await cluster.ConnectAsync("ann", cluster.Nodes[0]))
            for (var i = 0; i < BrokerLog.Partitions; i++)
                chats.Add((await ann.AckAsync(
                    new ChatCreate { ClientId = TestSocket.Key(), Direct = $"friend-{i}" })).Chat);
        var stopped = Topics.PartitionOf(chats[0]);
        await Topics.ProduceAsync(broker.Addresses, cluster.Topic, stopped, ForeignRecords.OfUnknownKind());
        foreach (var node in cluster.Nodes)
            await BrokerLog.UntilAsync(async () => (await AskAsync(cluster, node)).Lines[^1]
                .Contains($"1 stopped ({stopped})", StringComparison.Ordinal));

        foreach (var node in cluster.Nodes)
        {
            using var ann = await cluster.ConnectAsync("ann", node);
            Assert.NotNull((await SyncAsync(ann)).Since);
            foreach (var chat in chats)
            {
                var answer = await ann.AskAsync(TestSocket.Message(chat, "is it there?"));
                if (Topics.PartitionOf(chat) != stopped) Assert.IsType<Ack>(answer);
                else Assert.Equal(ErrorCode.Unavailable, Assert.IsType<ErrorFrame>(answer).Problem.Code);
            }

            // A device that comes back is told of what changed meanwhile, and not to begin anew. A node has nothing to
            // resume from before it was handed something of every partition.
            await BrokerLog.UntilAsync(
                async () => (since[node.Name] = (await SyncAsync(ann)).Since!) != "0");
        }

        foreach (var node in cluster.Nodes)
        {
            using var ann = await cluster.ConnectAsync("ann", node, since[node.Name]);
            Assert.NotEqual("fresh", ann.Ready.Resume);
            Assert.NotNull((await SyncAsync(ann)).Since);
        }
    }

    /// <summary>The last page of a full sync.</summary>
    private static async Task<Sync> SyncAsync(TestSocket device)
    {
        var page = Assert.IsType<Sync>(await device.AskAsync(new SyncGet()));
        while (page.Next is { } next) page = Assert.IsType<Sync>(await device.AskAsync(new SyncGet { Cursor = next }));
        return page;
    }

    /// <summary>Whether a node sees all of them live and linked, and an owner for each partition.</summary>
    private static async Task<bool> IsWellAsync(NodeCluster cluster, ClusterNode node)
    {
        var (exitCode, lines) = await AskAsync(cluster, node);
        if (exitCode != ExitCode.Ok) return false;
        Assert.Equal(cluster.Nodes.Count + 1, lines.Count);
        foreach (var (other, line) in cluster.Nodes.Zip(lines))
            Assert.Matches(
                $"^{other.Name}: {(other == node ? "answers, \\d+ sessions?" : "live, linked")} "
                    + "\\(gateway, delivery, history; ",
                line);
        Assert.StartsWith(
            $"{BrokerLog.Partitions} partitions; none without an owner, none stopped;", lines[^1],
            StringComparison.Ordinal);
        return true;
    }

    /// <summary>What <c>livechat status</c> says at a node.</summary>
    private static async Task<(int ExitCode, IReadOnlyList<string> Lines)> AskAsync(
        NodeCluster cluster, ClusterNode node)
    {
        await using var command = RunningCommand.Start(
            ["status", "--internal", node.Inner.Address, "--data", cluster.Secrets, "--wait", "60"]);
        var (exitCode, said) = await command.EndAsync();
        return (exitCode, said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
