using LiveChat.Cluster.Tests.Log;
using LiveChat.Core.Log;
using LiveChat.EndToEnd.Crash;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.EndToEnd.Brokers;

/// <summary>Partitions go to another member of the groups, and come back, while the server works on them.</summary>
public sealed class SecondReaderTests(OneBroker broker) : IClassFixture<OneBroker>
{
    [Fact]
    public async Task Another_reader_joins_and_leaves_again_and_again_and_nothing_is_lost_or_repeated()
    {
        await using var log = await BrokerLog.StartAsync(broker.Addresses, isTrial: true);
        for (var visit = 1; visit <= (Requirement.IsLong ? 15 : 2); visit++)
        {
            await log.UnderLoadAsync($"visit {visit} of another reader", async () =>
            {
                await using var other = await JoinAsync(log);
                if (visit % 2 == 0) other.LeaveInSilence();
            });
            await log.IsWholeAsync();
        }
    }

    /// <summary>The server cannot know what became of it; once the partition is its own again it does.</summary>
    [Fact]
    public async Task A_send_to_a_partition_that_another_reader_has_ends_and_is_not_lost()
    {
        Requirement.Long();
        await using var log = await BrokerLog.StartAsync(broker.Addresses, isTrial: true);
        using var ann = await log.ConnectAsync("ann");
        var chats = new List<string>();
        for (var number = 0; number < 4 * BrokerLog.Partitions; number++)
        {
            var other = new ChatCreate { ClientId = TestSocket.Key(), Direct = $"user-{number}" };
            chats.Add((await ann.AckAsync(other)).Chat);
        }

        MessageSend message;
        await using (var other = await JoinAsync(log))
        {
            var away = other.Partitions(ConsumerGroups.DeliveryWorkers);
            message = TestSocket.Message(chats.First(chat => away.Contains(Topics.PartitionOf(chat))), "hello");
            ann.Patience = TimeSpan.FromMinutes(2);
            await ann.SendAsync(message with { Id = 1_000 });
            var problem = (await ann.NextAsync<ErrorFrame>(frame => frame.Re == 1_000)).Problem;
            Assert.Equal((ErrorCode.Timeout, true), (problem.Code, problem.Retryable));
        }

        await log.IsWholeAsync();
        Assert.True((await ann.AckAsync(message)).Duplicate);
    }

    /// <summary>Another reader, once the server has given it its share.</summary>
    private async Task<OtherReader> JoinAsync(BrokerLog log)
    {
        var other = await OtherReader.JoinAsync(broker.Addresses, log.Topic);
        foreach (var group in ConsumerGroups.All)
            await BrokerLog.UntilAsync(async () =>
                await log.AssignedAsync(group) == BrokerLog.Partitions - other.Partitions(group).Count);
        return other;
    }
}
