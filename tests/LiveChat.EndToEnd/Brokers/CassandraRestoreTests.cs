using Confluent.Kafka;
using LiveChat.Cluster.Tests.Log;
using LiveChat.Cluster.Tests.Store;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Brokers;

/// <summary>Cassandra is put back from a snapshot of yesterday, as docs/ops/cassandra.md says. With
/// <c>LIVECHAT_LONG=1</c> only.</summary>
[Collection(nameof(OnServices))]
public sealed class CassandraRestoreTests(OneBroker broker, OneCassandra cassandra)
{
    private const string Snapshot = "yesterday";

    [Fact]
    public async Task Under_a_log_that_has_the_day_history_is_whole_again()
    {
        Requirement.Long();
        await using var server = await CassandraServer.StartAsync(broker, cassandra);
        await ADayBehindTheSnapshotAsync(server);
        await RestoreAsync(server.Keyspace.Keyspace);
        await server.Log.StartServerAgainAsync();
        await server.IsWholeAsync();
        Crashing.Holds(await server.Log.Load.CheckAsync(), "after the restore");
        await server.Log.UnderLoadAsync("the day behind it", () => server.Log.GoesOnAsync(200));
        await server.IsWholeAsync();
    }

    [Fact]
    public async Task Under_a_log_that_has_it_no_more_the_partitions_stop_and_say_so()
    {
        Requirement.Long();
        await using var server = await CassandraServer.StartAsync(broker, cassandra);
        await ADayBehindTheSnapshotAsync(server);
        await TrimAsync(server.Log.Topic);
        await RestoreAsync(server.Keyspace.Keyspace);
        await server.Log.StartServerAgainAsync();
        await BrokerLog.UntilAsync(async () => await server.Log.MetricAsync("livechat_partitions_stopped") > 0);
        Assert.Contains("stopped", await server.Log.AskAsync("/readyz"), StringComparison.Ordinal);
    }

    /// <summary>A snapshot, then a day that only the log keeps, then the end of the server.</summary>
    private async Task ADayBehindTheSnapshotAsync(CassandraServer server)
    {
        await server.Log.UnderLoadAsync("the day of the snapshot", () => server.Log.GoesOnAsync(200));
        await server.Log.IsWholeAsync();
        await cassandra.NodetoolAsync(1, "snapshot", "-t", Snapshot, server.Keyspace.Keyspace);
        await server.Log.UnderLoadAsync("the day behind the snapshot", () => server.Log.GoesOnAsync(200));
        await server.Log.IsWholeAsync();
        await server.Log.Server.StopAsync();
    }

    /// <summary>Puts the files of the snapshot in the place of those that are there, while the node is down.</summary>
    private async Task RestoreAsync(string keyspace)
    {
        await cassandra.NodetoolAsync(1, "drain");
        await cassandra.StopNodeAsync(1);
        foreach (var table in Directory.EnumerateDirectories(
            Path.Combine(cassandra.Home, "node-1", "data", keyspace)))
        {
            foreach (var file in Directory.EnumerateFiles(table)) File.Delete(file);
            foreach (var kept in Directory.EnumerateFiles(Path.Combine(table, "snapshots", Snapshot)))
                File.Copy(kept, Path.Combine(table, Path.GetFileName(kept)));
        }

        await cassandra.StartNodeAsync(1);
    }

    /// <summary>As if the retention had passed.</summary>
    private async Task TrimAsync(string topic)
    {
        using var admin = new AdminClientBuilder(
            new AdminClientConfig { BootstrapServers = broker.Addresses }).Build();
        await admin.DeleteRecordsAsync(
            Enumerable.Range(0, BrokerLog.Partitions).Select(one => new TopicPartitionOffset(topic, one, Offset.End)));
    }
}
