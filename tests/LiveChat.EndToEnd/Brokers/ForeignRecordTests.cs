using LiveChat.Cluster.Tests.Log;
using LiveChat.Core.Log;
using Xunit;

namespace LiveChat.EndToEnd.Brokers;

/// <summary>Records that something else than a server wrote into the topic.</summary>
public sealed class ForeignRecordTests(OneBroker broker) : IClassFixture<OneBroker>
{
    [Fact]
    public async Task Garbage_is_set_aside_and_an_unknown_kind_stops_its_partition_only()
    {
        await using var log = await BrokerLog.StartAsync(broker.Addresses, isTrial: true);
        await log.UnderLoadAsync("a record of garbage in each partition", async () =>
        {
            for (var partition = 0; partition < BrokerLog.Partitions; partition++)
                await Topics.ProduceAsync(broker.Addresses, log.Topic, partition, "garbage"u8.ToArray());
        });
        foreach (var group in ConsumerGroups.All)
            await BrokerLog.UntilAsync(async () => BrokerLog.Partitions
                == await log.MetricAsync("livechat_records_set_aside_total", $"group=\"{group}\""));

        // A partition without a chat of the load, whose chats go on.
        var empty = Enumerable.Range(0, BrokerLog.Partitions)
            .First(partition => log.Load.Chats.All(chat => Topics.PartitionOf(chat) != partition));
        await log.UnderLoadAsync(
            "a record of an unknown kind",
            () => Topics.ProduceAsync(broker.Addresses, log.Topic, empty, ForeignRecords.OfUnknownKind()));
        foreach (var group in ConsumerGroups.All)
            await BrokerLog.UntilAsync(async () => await log.MetricAsync(
                "livechat_partitions_stopped", $"group=\"{group}\"", $"partition=\"{empty}\"") == 1);
        Assert.Equal(2, await log.MetricAsync("livechat_partitions_stopped"));
        Assert.Contains("partition_stopped", await log.AskAsync("/readyz"), StringComparison.Ordinal);
    }
}
