using LiveChat.Cluster.Tests.Log;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Brokers;

/// <summary>The log is on a broker, history on a small file system that somebody else fills.</summary>
public sealed class SmallDiskOnKafkaTests(OneBroker broker) : IClassFixture<OneBroker>
{
    [Fact]
    public Task A_nearly_full_disk_of_history_refuses_sends_until_there_is_room_again() =>
        SmallDisk.RefusesUntilThereIsRoomAsync(BrokerLog.Settings(broker.Addresses, isTrial: true));
}
