using LiveChat.Cluster.Tests.Log;
using LiveChat.Cluster.Tests.Store;
using LiveChat.EndToEnd.Crash;
using LiveChat.Server.Doctor;
using Xunit;

namespace LiveChat.EndToEnd.Brokers;

/// <summary>
/// A real server with its log on a real broker and everything else on a real node of Cassandra. The node is killed
/// under load, then the server, then the server's machine is lost. Everything that was acknowledged is there behind it,
/// in one order, each once, and every cell is what the log says.
/// </summary>
[Collection(nameof(OnServices))]
public sealed class CassandraTests(OneBroker broker, OneCassandra cassandra)
{
    private const string TopicVariable = "LIVECHAT__LOG__TOPIC";
    private const int SequenceBits = 13;
    private const ulong NodesOfIds = 1 << 10;

    [Fact]
    public async Task Chats_go_on_without_cassandra_and_the_server_starts_again_on_another_machine()
    {
        await using var server = await CassandraServer.StartAsync(broker, cassandra);
        var log = server.Log;
        var lives = new List<IReadOnlyList<ulong>>();
        await log.UnderLoadAsync("kills of Cassandra and of the server, and the loss of its machine", async () =>
        {
            await cassandra.KillAsync(1);
            await log.GoesOnAsync(200); // The chats are warm.
            await cassandra.StartNodeAsync(1);

            // At once in the same folder: the second life has the node id of the first.
            await log.Server.KillAsync();
            lives.Add(log.Load.Ids());
            await log.StartServerAgainAsync();
            await log.GoesOnAsync(200);
            await log.StartServerElsewhereAsync();
            lives.Add(log.Load.Ids());
        });
        await server.IsWholeAsync();

        // Ids of all lives; those that a repetition got from the life before stand there once.
        var run = await log.Load.ObserveAsync();
        var ids = run.History.Values.SelectMany(static chat => chat).Select(static one => one.Id).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Equal(NodeOf(lives[0][^1]), NodeOf(lives[1][^1]));
        Assert.NotEqual(NodeOf(lives[1][^1]), NodeOf(log.Load.Ids()[^1]));
    }

    /// <summary>The keyspace says which topic its chats stand in: doctor and a start compare. The data folder has no
    /// part that is elsewhere.</summary>
    [Fact]
    public async Task Another_topic_than_that_of_the_keyspace_is_refused_and_doctor_says_so_before()
    {
        var keyspace = cassandra.NewKeyspace();
        using var scratch = new ScratchDirectory();
        var data = Path.Combine(scratch.Path, "data");
        var settings = BrokerLog.Settings(broker.Addresses, isTrial: true);
        foreach (var (name, value) in await CassandraServer.SettingsAsync(keyspace, scratch.Path))
            settings[name] = value;
        await using (var server = await CrashServer.StartAsync(data, CrashServer.FreeEndpoint(), settings))
            await server.StopAsync();
        Assert.Empty(Directory.EnumerateDirectories(data));
        var right = await ExamineAsync(data, settings);
        Assert.DoesNotContain(right, static one => one.Level is FindingLevel.Bad);
        Assert.Equal(
            $"The log is the topic {settings[TopicVariable]} of Kafka, history is in the keyspace {keyspace.Keyspace} "
                + "of Cassandra.",
            Assert.Single(right, static one => one.Name == "sizes").Found);

        settings[TopicVariable] += "-another";
        var wrong = Assert.Single(await ExamineAsync(data, settings), static one => one.Level is FindingLevel.Bad);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => CrashServer.StartAsync(
            Path.Combine(scratch.Path, "other"), CrashServer.FreeEndpoint(), settings));
        foreach (var said in (string?[])[wrong.Advice, refused.Message])
            Assert.Contains(
                $"There is no topic {settings[TopicVariable]}, and the chats of this keyspace stand in one", said,
                StringComparison.Ordinal);
    }

    /// <summary>What <c>livechat doctor</c> finds for a server with these settings.</summary>
    private static Task<IReadOnlyList<Finding>> ExamineAsync(string data, Dictionary<string, string> settings) =>
        Examination.RunAsync(
            [
                "--data", data, "--listen", "http://127.0.0.1:0",
                .. settings.Select(
                    static one => $"--{one.Key.Replace("__", ":", StringComparison.Ordinal)}={one.Value}"),
            ],
            TimeProvider.System,
            TestContext.Current.CancellationToken);

    private static ulong NodeOf(ulong id) => (id >> SequenceBits) % NodesOfIds;
}
