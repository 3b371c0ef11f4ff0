using Confluent.Kafka;
using LiveChat.Cluster.Tests.Log;
using LiveChat.Core.Log;
using Xunit;

namespace LiveChat.EndToEnd.Brokers;

/// <summary>
/// A real server with its log on three real brokers, which are killed and frozen under load: everything that was
/// acknowledged is there behind it, in one order, each once, and the server has not ended. With <c>LIVECHAT_LONG=1</c>
/// only: the continuous build kills and freezes brokers in the fault matrix.
/// </summary>
public sealed class BrokerTests(ThreeBrokersOfLongRuns brokers) : IClassFixture<ThreeBrokersOfLongRuns>
{
    [Fact]
    public async Task A_broker_and_the_server_are_killed_and_come_back()
    {
        await using var log = await BrokerLog.StartAsync(brokers.Addresses);
        for (var node = 1; node <= 3; node++)
        {
            await log.UnderLoadAsync($"kill of broker {node}", async () =>
            {
                await brokers.KillAsync(node);
                await brokers.StartNodeAsync(node);
            });
            await log.UnderLoadAsync("kill of the server", async () =>
            {
                await log.Server.KillAsync();
                await log.StartServerAgainAsync();
            });
        }
    }

    /// <summary>Above 6 s the others take its partitions and groups over.</summary>
    [Fact]
    public async Task A_broker_stands_still_for_a_while_and_goes_on()
    {
        await using var log = await BrokerLog.StartAsync(brokers.Addresses);
        foreach (var seconds in (int[])[1, 10, 70])
            for (var node = 1; node <= 3; node++)
                await StandsStillAsync(log, node, seconds);

        await log.IsWholeAsync();
    }

    /// <summary>It answers neither heartbeats nor commits, for longer than a group waits for its members.</summary>
    [Fact]
    public async Task The_coordinator_of_a_group_stands_still_for_a_minute_and_nothing_ends()
    {
        await using var log = await BrokerLog.StartAsync(brokers.Addresses);
        foreach (var group in ConsumerGroups.All)
        {
            await StandsStillAsync(log, await CoordinatorAsync(group), seconds: 60);
            await log.IsWholeAsync();
        }
    }

    [Fact]
    public async Task Without_a_quorum_sends_are_refused_and_all_that_was_acknowledged_is_there_behind_it()
    {
        await using var log = await BrokerLog.StartAsync(brokers.Addresses);
        await log.UnderLoadAsync("three minutes without two of the brokers", async () =>
        {
            await brokers.KillAsync(1);
            await brokers.KillAsync(2);
            await BrokerLog.UntilAsync(() => FailsAsync(log));
            await Task.Delay(TimeSpan.FromMinutes(3), TimeProvider.System);
            await Task.WhenAll(brokers.StartNodeAsync(1), brokers.StartNodeAsync(2));
        });
        await log.UnderLoadAsync("a kill of all brokers", async () =>
        {
            for (var node = 1; node <= 3; node++) await brokers.KillAsync(node);
            await Task.WhenAll(Enumerable.Range(1, 3).Select(brokers.StartNodeAsync));
        });
        await log.IsWholeAsync();
    }

    private Task StandsStillAsync(BrokerLog log, int node, int seconds) =>
        log.UnderLoadAsync($"{seconds} s in which broker {node} stood still", async () =>
        {
            await brokers.FreezeAsync(node);
            await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
            await brokers.ThawAsync(node);
        });

    /// <summary>The node of the broker that coordinates the group.</summary>
    private async Task<int> CoordinatorAsync(string group)
    {
        using var admin = new AdminClientBuilder(
            new AdminClientConfig { BootstrapServers = brokers.Addresses }).Build();
        var described = await admin.DescribeConsumerGroupsAsync([group]);
        return described.ConsumerGroupDescriptions[0].Coordinator.Id;
    }

    private static async Task<bool> FailsAsync(BrokerLog log) =>
        (await log.AskAsync("/readyz")).Contains("appends_failing", StringComparison.Ordinal);
}
