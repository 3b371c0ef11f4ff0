using LiveChat.Cluster.Tests.Log;
using LiveChat.Cluster.Tests.Store;
using LiveChat.EndToEnd.Brokers;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.SeveralNodes;

/// <summary>Three nodes are restarted one by one under load, as for a new version. With <c>LIVECHAT_LONG=1</c> only.
/// </summary>
[Collection(nameof(OnServices))]
public sealed class RollingRestartTests(OneBroker broker, OneCassandra cassandra)
{
    [Fact]
    public async Task A_rolling_restart_is_a_pause_to_users_and_no_error_to_their_applications()
    {
        Requirement.Long();
        await using var cluster = await NodeCluster.StartAsync(broker, cassandra, NodeCluster.Three);

        // An error that reached the application is thrown by the load.
        await cluster.Load.HoldsDuringAsync("a rolling restart", async () =>
        {
            foreach (var node in cluster.Nodes)
            {
                await node.Server.StopAsync();
                await cluster.Load.GoesOnAsync(50);
                await node.StartAsync();
                await NodeCluster.IsReadyAsync(node);
            }
        });
        await cluster.IsWholeAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Longest pause of a user {cluster.Load.LongestPause.TotalSeconds:N1} s, "
            + $"{cluster.Load.Acknowledged} acknowledged.");
    }
}
