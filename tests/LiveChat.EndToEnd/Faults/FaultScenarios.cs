namespace LiveChat.EndToEnd.Faults;

/// <summary>The fault matrix: every kind of process killed and frozen, everything restarted, each service away, links
/// cut. In the order of the table.</summary>
internal static class FaultScenarios
{
    private static readonly string[] Everything =
    [
        "kafka 1", "kafka 2", "kafka 3", "cassandra 1", "cassandra 2", "cassandra 3", "redis", "node 1", "node 2",
        "node 3", "prometheus", "nginx",
    ];

    private const int WarmAfterSeconds = 90;

    public static IReadOnlyList<FaultScenario> All { get; } =
    [
        .. Servers(), .. Kafka(), .. Cassandra(), .. Redis(), .. Links(), .. OfNginx(), .. OfAll(),
    ];

    private static IEnumerable<FaultScenario> Servers() =>
    [
        new("a worker is killed", static on => on.KillAsync("node 3"), IsShort: true),
        new("a gateway is killed", static on => on.KillAsync("node 2")),
        new("a server with all roles is killed", static on => on.KillAsync("node 1")),
        new("a worker stands still for 10 s", static on => on.Cluster.FreezeAsync("node 3", 10), IsShort: true),
        new("a gateway stands still for 10 s", static on => on.Cluster.FreezeAsync("node 2", 10)),
        new("a worker stands still for 70 s", static on => on.Cluster.FreezeAsync("node 3", 70)),
        new("a server with all roles stands still for 70 s", static on => on.Cluster.FreezeAsync("node 1", 70)),
        new("rolling restart of the servers", static async on =>
        {
            foreach (var node in (string[])["node 1", "node 2", "node 3"]) await on.RestartAsync(node);
        }, IsShort: true),
    ];

    private static IEnumerable<FaultScenario> Kafka() =>
    [
        new("one of three brokers is killed", static on => on.KillAsync("kafka 2"), IsShort: true),
        new("one of three brokers stands still for 10 s", static on => on.Cluster.FreezeAsync("kafka 1", 10),
            IsShort: true),
        new("two of three brokers are killed, 10 s", static on => KillAllAsync(on, 10, "kafka 1", "kafka 2")),
        new("all brokers are killed, 10 s", static on => KillAllAsync(on, 10, "kafka 1", "kafka 2", "kafka 3"),
            IsShort: true),
    ];

    private static IEnumerable<FaultScenario> Cassandra() =>
    [
        new("one of three nodes of Cassandra is killed", static on => on.KillAsync("cassandra 2"), IsShort: true),
        new("one of three nodes of Cassandra stands still for 10 s",
            static on => on.Cluster.FreezeAsync("cassandra 1", 10)),
        new("Cassandra is down for 20 s, and warm chats go on", static async on =>
        {
            string[] nodes = ["cassandra 1", "cassandra 2", "cassandra 3"];

            // Within a minute of its first message a chat still needs the store.
            await FaultStage.WaitAsync(WarmAfterSeconds);
            foreach (var node in nodes) await on.Cluster.KillAsync(node);
            await on.Load.GoesOnAsync(100);
            await FaultStage.WaitAsync(20);
            await on.Load.GoesOnAsync(100);
            foreach (var node in nodes) await on.Cluster.StartAsync(node);
        }),
    ];

    private static IEnumerable<FaultScenario> Redis() =>
    [
        new("Redis is killed and starts again empty", static async on =>
        {
            await on.Cluster.KillAsync("redis");
            on.Cluster.EmptyRedis();
            await on.MeanwhileAsync();
            await on.Cluster.StartAsync("redis");
        }, IsShort: true),
        new("Redis stands still for 10 s", static on => on.Cluster.FreezeAsync("redis", 10)),
        new("an empty replica of Redis takes over, and back", static async on =>
        {
            await using var replica = await EmptyRedis.StartAsync(on.Cluster.Folder);
            on.Cluster.SwitchRedis(replica.Port);
            await FaultStage.WaitAsync(30);
            on.Cluster.SwitchRedisBack();
            await on.MeanwhileAsync();
        }),
        new("Redis takes 50 ms for each operation, 20 s", static async on =>
        {
            on.Cluster.Redis.Up = new() { Delay = TimeSpan.FromMilliseconds(50) };
            await FaultStage.WaitAsync(20);
            on.Cluster.Redis.Up = new();
        }),
    ];

    private static IEnumerable<FaultScenario> Links() =>
    [
        new("a link is cut on its way to a worker, 15 s",
            static on => on.Cluster.CutLinkAsync(called: 3, gateway: 2, isUp: true, 15)),
        new("a link is cut on its way from a worker, 15 s",
            static on => on.Cluster.CutLinkAsync(called: 3, gateway: 2, isUp: false, 15), IsShort: true),
    ];

    private static IEnumerable<FaultScenario> OfNginx() =>
    [
        new("NGINX is killed", static async on =>
        {
            await on.Cluster.KillAsync("nginx");
            await FaultStage.WaitAsync(2);
            await on.Cluster.StartAsync("nginx");
        }, IsShort: true),
        new("NGINX stands still for 10 s", static on => on.Cluster.FreezeAsync("nginx", 10)),
    ];

    private static IEnumerable<FaultScenario> OfAll() =>
    [
        new("Prometheus is killed", static on => on.KillAsync("prometheus")),
        new("rolling restart of everything", static async on =>
        {
            foreach (var part in Everything) await on.RestartAsync(part);
        }, IsLast: true),
        new("twelve parts by chance are killed, one after the other", static async on =>
        {
            for (var kill = 0; kill < 12; kill++)
            {
                var part = Everything[on.Random.Next(Everything.Length)];
                await on.Cluster.KillAsync(part);
                await FaultStage.WaitAsync(2);
                await on.Cluster.StartAsync(part);
                await on.MeanwhileAsync(messages: 20);
            }
        }, IsLast: true),
    ];

    private static async Task KillAllAsync(FaultStage on, int seconds, params string[] parts)
    {
        await Task.WhenAll(parts.Select(on.Cluster.KillAsync));
        await FaultStage.WaitAsync(seconds);

        // A broker serves once it is not alone.
        await Task.WhenAll(parts.Select(on.Cluster.StartAsync));
    }
}
