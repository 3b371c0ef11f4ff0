using System.Globalization;
using LiveChat.Loads.Chats;

namespace LiveChat.Bench.Pairs;

/// <summary>
/// What a message costs when its sender, its owner and its receiver are on three nodes, beside one node; and with two
/// and four nodes that do everything. All on one broker and one node of Cassandra, in one run, in turn. Processor time
/// is that of the nodes, without the services. On one machine nodes share the processor: compare microseconds a
/// message, not messages a second.
/// </summary>
internal static class NodesBench
{
    private const string Load = "50x1";

    private static readonly (string Name, string? Nodes)[] Layouts =
    [
        ("one node", null),
        ("three nodes: sender, owner, receiver", "Delivery.History:Gateway:Gateway"),
        ("two nodes", "All:All"),
        ("four nodes", "All:All:All:All"),
    ];

    /// <param name="args">The brokers, the contact points of Cassandra; then seconds, rounds and the load.</param>
    /// <returns>1 when LiveChat lost, repeated or disordered a message.</returns>
    public static Task<int> RunAsync(string[] args)
    {
        if (args is not [var brokers, var contactPoints, .. var rest])
            throw new FormatException("Name the brokers and the contact points: nodes 127.0.0.1:9092 127.0.0.1:9042");
        string Arg(int at, string otherwise) => rest.Length > at ? rest[at] : otherwise;
        return PairsBench.RunAsync(
            int.Parse(Arg(0, "20"), CultureInfo.InvariantCulture),
            int.Parse(Arg(1, "3"), CultureInfo.InvariantCulture),
            [ChatLoad.Parse(Arg(2, Load))],
            [
                .. Layouts.Select((layout, number) =>
                    (Func<Task<IPeer>>)(() => StartAsync(layout, number, brokers, contactPoints))),
            ]);
    }

    private static async Task<IPeer> StartAsync(
        (string Name, string? Nodes) layout, int number, string brokers, string contactPoints)
    {
        var place = $"nodes_{Environment.ProcessId}_{number}";
        var options = new Dictionary<string, string>
        {
            ["LIVECHAT__LOG__KIND"] = "Kafka",
            ["LIVECHAT__LOG__BROKERS"] = brokers,
            ["LIVECHAT__LOG__TOPIC"] = place,
            ["LIVECHAT__LOG__PARTITIONS"] = "16",
            ["LIVECHAT__LOG__SINGLEBROKER"] = "true",
            ["LIVECHAT__STORE__KIND"] = "Cassandra",
            ["LIVECHAT__STORE__CONTACTPOINTS"] = contactPoints,
            ["LIVECHAT__STORE__KEYSPACE"] = place,
            ["LIVECHAT__STORE__SINGLENODE"] = "true",
        };
        if (layout.Nodes is { } nodes) options["NODES"] = nodes;
        return await LiveChatPeer.StartAsync(layout.Name, options);
    }
}
