using LiveChat.Cluster.Tests.Log;
using Xunit;

namespace LiveChat.EndToEnd.Brokers;

/// <summary>
/// A real server with its log on three real brokers, which are killed and frozen under load: everything that was
/// acknowledged is there behind it, in one order, each once, and the server has not ended. <c>LIVECHAT_LONG=1</c> adds
/// what takes minutes.
/// </summary>
public sealed class BrokerTests(ThreeBrokers brokers) : IClassFixture<ThreeBrokers>
{
    private static bool IsLong => Environment.GetEnvironmentVariable("LIVECHAT_LONG") == "1";

    [Fact]
    public async Task A_broker_and_the_server_are_killed_and_come_back()
    {
        await using var log = await BrokerLog.StartAsync(brokers.Addresses);
        for (var node = 1; node <= (IsLong ? 3 : 1); node++)
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
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(70)]
    public async Task A_broker_stands_still_and_goes_on(int seconds)
    {
        Assert.SkipUnless(seconds == 10 || IsLong, "LIVECHAT_LONG=1 is not set.");
        await using var log = await BrokerLog.StartAsync(brokers.Addresses);

        // One of the three is the coordinator of each group.
        for (var node = 1; node <= (IsLong ? 3 : 1); node++)
            await log.UnderLoadAsync($"{seconds} s in which broker {node} stood still", async () =>
            {
                await brokers.FreezeAsync(node);
                await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
                await brokers.ThawAsync(node);
            });
        Assert.Equal(0, await log.MetricAsync("livechat_partitions_stopped"));
    }

    [Fact]
    public async Task Without_a_quorum_sends_are_refused_and_all_that_was_acknowledged_is_there_behind_it()
    {
        Assert.SkipUnless(IsLong, "LIVECHAT_LONG=1 is not set.");
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
        await BrokerLog.UntilAsync(async () => !await FailsAsync(log));
    }

    private static async Task<bool> FailsAsync(BrokerLog log) =>
        (await log.AskAsync("/readyz")).Contains("appends_failing", StringComparison.Ordinal);
}
