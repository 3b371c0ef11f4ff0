using LiveChat.Cluster.Tests.Log;
using LiveChat.Core.Log;
using LiveChat.EndToEnd.Crash;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.EndToEnd.Brokers;

/// <summary>What a busy chat costs the index of keys, with the log on Kafka.</summary>
public sealed class KeyReadTests(OneBroker broker) : IClassFixture<OneBroker>
{
    private const int PerSecond = 50;

    [Fact]
    public async Task Fifty_messages_a_second_read_no_key_later_than_a_minute_after_their_chat_was_loaded()
    {
        Requirement.Long();
        await using var log = await BrokerLog.StartAsync(broker.Addresses, isTrial: true);
        await log.Server.StopAsync();
        await log.StartServerAgainAsync(); // The chats are in history, and in nobody's memory.
        using var ann = await log.ConnectAsync("ann");
        ann.Patience = TimeSpan.FromMinutes(2);

        await SendAsync(ann, log.Load.Chats[0], seconds: 65);
        var reads = await ReadsAsync(log);
        Assert.All(reads, static count => Assert.InRange(count, 1, double.MaxValue));
        await SendAsync(ann, log.Load.Chats[0], seconds: 180);
        Assert.Equal(reads, await ReadsAsync(log));
    }

    /// <summary>Sends as often in a second, each answered before the second is over, or as fast as it goes.</summary>
    private static async Task SendAsync(TestSocket ann, string chat, int seconds)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var second = 0; second < seconds; second++)
        {
            for (var number = 0; number < PerSecond; number++)
                await ann.SendAsync(TestSocket.Message(chat, "x") with { Id = (uint)(10_000 + number) });
            for (var number = 0; number < PerSecond; number++)
                await ann.NextAsync<Ack>(ack => ack.Re >= 10_000);
            Assert.True(await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken));
        }
    }

    private static async Task<double[]> ReadsAsync(BrokerLog log) => await Task.WhenAll(
        ConsumerGroups.All.Select(group => log.MetricAsync("livechat_key_reads_total", $"group=\"{group}\"")));
}
