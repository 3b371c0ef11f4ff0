using LiveChat.Cluster;
using LiveChat.Cluster.Links;
using LiveChat.Cluster.Log;
using LiveChat.Cluster.Nodes;
using LiveChat.Cluster.Presence;
using LiveChat.Cluster.Store;
using LiveChat.Core.Chats;
using LiveChat.Core.Links;
using LiveChat.Core.Nodes;
using LiveChat.Server.Hosting;

namespace LiveChat.Server.Doctor;

/// <summary>A message log, stores and presence outside of the data folder.</summary>
internal static class ServiceChecks
{
    public static async Task<IEnumerable<Finding>> LookAsync(
        string folder, ServerOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var store = options.Store.Kind is StoreKind.Cassandra
            ? await CassandraDoctor.LookAsync(
                options.Store.ToCassandra(options.Trim.Retention), time, cancellationToken)
            : null;
        var log = options.Log.Kind is LogKind.Kafka
            ? await LookAtLogAsync(folder, options, store, time, cancellationToken)
            : [];
        var presence = options.Presence.Kind is PresenceKind.Redis
            ? await RedisDoctor.LookAsync(options.Presence.ToRedis(), time, cancellationToken)
            : [];
        return
        [
            .. presence.Select(static one => FindingOf("presence", one)),
            .. log.Select(static one => FindingOf("log", one)),
            .. (store?.Findings ?? []).Select(static one => FindingOf("store", one)),
            .. (await LookAtNodesAsync(folder, options, store, time, cancellationToken)).Select(
                static one => FindingOf("nodes", one)),
        ];
    }

    /// <summary>Tries a link to each live node, as the server with these options would.</summary>
    private static async Task<IReadOnlyList<ServiceFinding>> LookAtNodesAsync(
        string folder, ServerOptions options, CassandraReport? store, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (store is null || options.Links.Listen.Length == 0) return [];
        var name = NodePlace.NameOf(options, folder);
        var (lowest, highest) = RulesTable.Default.Numbers;
        var hello = new LinkHello
        {
            Node = name,
            Incarnation = NodePlace.RunOf(folder) ?? 0,
            Roles = (uint)options.Node.Roles,
            Build = BuildMark.Full,
            RulesLowest = (uint)lowest,
            RulesHighest = (uint)highest,
            Cluster = KafkaMark.Parse(store.LogMark) is { } mark ? NodePlace.ClusterOf(options, mark) : "",
        };
        return
        [
            .. NodeChecks.OfName(store.Nodes, name, hello.Incarnation),
            .. await LinkDoctor.LookAsync(options.Links.ToLinks(), store.Nodes, hello, time, cancellationToken),
        ];
    }

    /// <summary>The keyspace says which topic its chats stand in, or the folder where history is there.</summary>
    private static async Task<IReadOnlyList<ServiceFinding>> LookAtLogAsync(
        string folder, ServerOptions options, CassandraReport? store, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var log = options.Log.ToKafka(options.Trim.Retention);
        if (store is not null)
            return await KafkaDoctor.LookAsync(
                log with { Home = CassandraReport.Home }, store.LogMark, time, cancellationToken);
        var file = Path.Combine(folder, KafkaMark.FileName);
        var line = File.Exists(file) ? (await File.ReadAllTextAsync(file, cancellationToken)).Trim() : null;
        return await KafkaDoctor.LookAsync(log, line, time, cancellationToken);
    }

    private static Finding FindingOf(string service, ServiceFinding one) => new(
        $"{service} {one.Name}",
        one.Verdict switch
        {
            ServiceVerdict.Good => FindingLevel.Good,
            ServiceVerdict.Warns => FindingLevel.Warning,
            _ => FindingLevel.Bad,
        },
        one.Found,
        one.Advice);
}
