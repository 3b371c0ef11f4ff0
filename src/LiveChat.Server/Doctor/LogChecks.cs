using LiveChat.Cluster;
using LiveChat.Cluster.Log;
using LiveChat.Server.Hosting;

namespace LiveChat.Server.Doctor;

/// <summary>A message log outside of the data folder.</summary>
internal static class LogChecks
{
    public static async Task<IEnumerable<Finding>> LookAsync(
        string folder, ServerOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        if (options.Log.Kind is not LogKind.Kafka) return [];
        var mark = Path.Combine(folder, KafkaMark.FileName);
        var former = File.Exists(mark) ? (await File.ReadAllTextAsync(mark, cancellationToken)).Trim() : null;
        var findings = await KafkaDoctor.LookAsync(
            options.Log.ToKafka(options.Trim.Retention), KafkaMark.Parse(former), time, cancellationToken);
        return findings.Select(static one => new Finding(
            $"log {one.Name}",
            one.Verdict switch
            {
                ServiceVerdict.Good => FindingLevel.Good,
                ServiceVerdict.Warns => FindingLevel.Warning,
                _ => FindingLevel.Bad,
            },
            one.Found,
            one.Advice));
    }
}
