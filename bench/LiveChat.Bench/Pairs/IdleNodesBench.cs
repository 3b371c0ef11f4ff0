using System.Globalization;
using System.Security.Cryptography;
using LiveChat.Bench.FanOut;

namespace LiveChat.Bench.Pairs;

/// <summary>
/// What a node costs that owns 1,000 partitions in which nothing happens: processor time and resident memory, first
/// without links, then with one to each of three gateways. Its partitions get ticks, so it appends, reads, hands over
/// and commits all the same. On one broker and one node of Cassandra.
/// </summary>
internal static class IdleNodesBench
{
    private const int Links = 3;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StartWithin = TimeSpan.FromMinutes(15);

    /// <param name="args">The brokers, the contact points of Cassandra; then seconds and partitions.</param>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var brokers, var contactPoints, .. var rest])
            throw new FormatException(
                "Name the brokers and the contact points: idle-nodes 127.0.0.1:9092 127.0.0.1:9042");
        int Number(int at, int otherwise) =>
            rest.Length > at ? int.Parse(rest[at], CultureInfo.InvariantCulture) : otherwise;
        var length = TimeSpan.FromSeconds(Number(0, 120));
        var partitions = Number(1, 1_000);
        var folder = Directory.CreateTempSubdirectory("livechat-idle-").FullName;
        var environment = await EnvironmentAsync(folder, brokers, contactPoints, partitions);
        var nodes = new List<PeerNode>();
        using var limit = new CancellationTokenSource(StartWithin, TimeProvider.System);
        try
        {
            Console.WriteLine($"load average {(await File.ReadAllTextAsync("/proc/loadavg", limit.Token)).Trim()}");
            Console.WriteLine($"{partitions:N0} partitions, {length.TotalSeconds:N0} s each");
            var owner = await PeerNode.StartLinkedAsync(environment, folder, "owner", "Delivery,History");
            nodes.Add(owner);
            await owner.State.UntilWholeAsync(limit.Token);
            await MeasureAsync(owner, "no links", length);
            for (var link = 1; link <= Links; link++)
                nodes.Add(await PeerNode.StartLinkedAsync(environment, folder, $"gateway-{link}", "Gateway"));
            foreach (var node in nodes) await node.State.UntilWholeAsync(limit.Token);
            await MeasureAsync(owner, $"{Links} links", length);
            foreach (var gateway in nodes.Skip(1)) await MeasureAsync(gateway, "a gateway of them", length);
            return 0;
        }
        finally
        {
            foreach (var node in nodes) await node.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(PeerNode node, string what, TimeSpan length)
    {
        await Task.Delay(Settle, TimeProvider.System);
        var (cpu, began) = (node.Server.Cpu, TimeProvider.System.GetTimestamp());
        await Task.Delay(length, TimeProvider.System);
        var share = (node.Server.Cpu - cpu) / TimeProvider.System.GetElapsedTime(began);
        Console.WriteLine(
            $"{what,-18} {share,7:P1} of a processor  {node.Server.ResidentBytes / 1_048_576.0,7:N0} MiB");
    }

    private static async Task<Dictionary<string, string>> EnvironmentAsync(
        string folder, string brokers, string contactPoints, int partitions)
    {
        var secret = Path.Combine(folder, "secret");
        await File.WriteAllTextAsync(secret, RandomNumberGenerator.GetHexString(64));
        var place = $"idle_{Environment.ProcessId}";
        return new Dictionary<string, string>(FanOutBench.Unlimited())
        {
            ["LIVECHAT__TOKENS__SECRETFILE"] = secret,
            ["LIVECHAT__LOG__KIND"] = "Kafka",
            ["LIVECHAT__LOG__BROKERS"] = brokers,
            ["LIVECHAT__LOG__TOPIC"] = place,
            ["LIVECHAT__LOG__PARTITIONS"] = partitions.ToString(CultureInfo.InvariantCulture),
            ["LIVECHAT__LOG__SINGLEBROKER"] = "true",
            ["LIVECHAT__STORE__KIND"] = "Cassandra",
            ["LIVECHAT__STORE__CONTACTPOINTS"] = contactPoints,
            ["LIVECHAT__STORE__KEYSPACE"] = place,
            ["LIVECHAT__STORE__SINGLENODE"] = "true",
        };
    }
}
