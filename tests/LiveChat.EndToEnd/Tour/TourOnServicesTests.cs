using LiveChat.Cluster.Tests.Log;
using LiveChat.Cluster.Tests.Store;
using LiveChat.EndToEnd.Brokers;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Tour;

/// <summary>The same tour with the log on Kafka and everything else on Cassandra: nothing else is typed, and nothing
/// else appears.</summary>
[Collection(nameof(OnServices))]
public sealed class TourOnServicesTests(OneBroker broker, OneCassandra cassandra)
{
    [Fact]
    public async Task The_five_minutes_of_the_readme_are_true_on_kafka_and_cassandra()
    {
        using var scratch = new ScratchDirectory();
        var settings = BrokerLog.Settings(broker.Addresses, isTrial: true);
        foreach (var (name, value) in await CassandraServer.SettingsAsync(cassandra.NewKeyspace(), scratch.Path))
            settings[name] = value;
        await TourRun.RunAsync(settings, mayTryAgain: true);
    }
}
