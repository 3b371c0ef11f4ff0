using LiveChat.Cluster.Tests.Log;
using LiveChat.Cluster.Tests.Store;
using LiveChat.Core.Links;
using LiveChat.EndToEnd.Alerts;
using LiveChat.EndToEnd.Brokers;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.SeveralNodes;

/// <summary>Two real nodes, of which one has a clock that is three seconds ahead, and a real Prometheus.</summary>
[Collection(nameof(OnServices))]
public sealed class ClockDriftTests(OneBroker broker, OneCassandra cassandra)
{
    [Fact]
    public async Task Clocks_that_are_more_than_a_second_apart_are_an_alert_and_chat_goes_on()
    {
        Requirement.Long();
        await Requirement.PrometheusAsync();
        await Requirement.CompilerAsync();
        using var scratch = new ScratchDirectory();
        var ahead = Path.Combine(scratch.Path, "ahead.so");
        await Shell.RunAsync(
            "cc", "-shared", "-fPIC", "-O1", "-o", ahead, Path.Combine(AppContext.BaseDirectory, "ahead.c"));
        await using var cluster = await NodeCluster.StartAsync(
            broker,
            cassandra,
            [("node-1", NodeRoles.All), ("node-2", NodeRoles.All)],
            node =>
            {
                if (node.Name == "node-2") node.Set("LD_PRELOAD", ahead);
            });
        await using var prometheus = await RunningPrometheus.StartAsync(
            scratch.Path, [.. cluster.Nodes.Select(static node => new Uri($"{node.Inner.Address}"))]);
        var drift = await prometheus.FiresAsync("LiveChatClockDrift");
        var said = drift.GetProperty("annotations").GetProperty("summary").GetString()!;
        Assert.StartsWith("The clocks of two servers are ", said, StringComparison.Ordinal);
        await cluster.Load.HoldsDuringAsync("with a clock that is ahead", () => cluster.Load.GoesOnAsync(100));
    }
}
