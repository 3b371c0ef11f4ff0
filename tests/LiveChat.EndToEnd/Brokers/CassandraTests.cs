using System.Security.Cryptography;
using LiveChat.Cluster.Tests.Log;
using LiveChat.Cluster.Tests.Store;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Brokers;

/// <summary>
/// A real server with its log on a real broker and everything else on a real node of Cassandra, which is killed under
/// load; then the server's machine is lost. Everything that was acknowledged is there behind it, in one order, each
/// once.
/// </summary>
public sealed class CassandraTests(OneBroker broker, OneCassandra cassandra)
    : IClassFixture<OneBroker>, IClassFixture<OneCassandra>
{
    [Fact]
    public async Task Chats_go_on_without_cassandra_and_the_server_starts_again_on_another_machine()
    {
        var keyspace = cassandra.NewKeyspace();
        Assert.SkipUnless(cassandra.IsOwn, "The node is not this test's own.");
        using var scratch = new ScratchDirectory();
        var secret = Path.Combine(scratch.Path, "secret");
        await File.WriteAllTextAsync(secret, RandomNumberGenerator.GetHexString(64));
        var environment = new Dictionary<string, string>
        {
            ["LIVECHAT__STORE__KIND"] = "Cassandra",
            ["LIVECHAT__STORE__CONTACTPOINTS"] = keyspace.ContactPoints,
            ["LIVECHAT__STORE__KEYSPACE"] = keyspace.Keyspace,
            ["LIVECHAT__STORE__SINGLENODE"] = "true",
            ["LIVECHAT__TOKENS__SECRETFILE"] = secret,
        };
        await using var log = await BrokerLog.StartAsync(
            broker.Addresses, isTrial: true, environment, scratch.Path);

        await log.UnderLoadAsync("a kill of Cassandra", async () =>
        {
            await cassandra.KillAsync(1);
            await log.GoesOnAsync(200); // The chats are warm.
            await cassandra.StartNodeAsync(1);
        });
        await log.UnderLoadAsync("the loss of the server's machine", log.StartServerElsewhereAsync);
        Assert.Equal(0, await log.MetricAsync("livechat_partitions_stopped"));
    }
}
