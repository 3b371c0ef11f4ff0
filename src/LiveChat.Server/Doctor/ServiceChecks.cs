using LiveChat.Cluster;
using LiveChat.Cluster.Log;
using LiveChat.Cluster.Store;
using LiveChat.Server.Hosting;

namespace LiveChat.Server.Doctor;

/// <summary>A message log and stores outside of the data folder.</summary>
internal static class ServiceChecks
{
    public static async Task<IEnumerable<Finding>> LookAsync(
        string folder, ServerOptions options, TimeProvider time, CancellationToken cancellationToken) =>
    [
        .. options.Log.Kind is LogKind.Kafka ? await LookAtLogAsync(folder, options, time, cancellationToken) : [],
        .. options.Store.Kind is StoreKind.Cassandra ? await LookAtStoreAsync(options, time, cancellationToken) : [],
    ];

    private static async Task<IEnumerable<Finding>> LookAtLogAsync(
        string folder, ServerOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var mark = Path.Combine(folder, KafkaMark.FileName);
        var former = File.Exists(mark) ? (await File.ReadAllTextAsync(mark, cancellationToken)).Trim() : null;
        var findings = await KafkaDoctor.LookAsync(
            options.Log.ToKafka(options.Trim.Retention), KafkaMark.Parse(former), time, cancellationToken);
        return findings.Select(static one => FindingOf("log", one));
    }

    private static async Task<IEnumerable<Finding>> LookAtStoreAsync(
        ServerOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var findings = await CassandraDoctor.LookAsync(
            options.Store.ToCassandra(options.Trim.Retention), time, cancellationToken);
        return findings.Select(static one => FindingOf("store", one));
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
