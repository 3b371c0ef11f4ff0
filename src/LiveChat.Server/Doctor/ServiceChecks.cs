using LiveChat.Cluster;
using LiveChat.Cluster.Log;
using LiveChat.Cluster.Store;
using LiveChat.Server.Hosting;

namespace LiveChat.Server.Doctor;

/// <summary>A message log and stores outside of the data folder.</summary>
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
        return
        [
            .. log.Select(static one => FindingOf("log", one)),
            .. (store?.Findings ?? []).Select(static one => FindingOf("store", one)),
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
