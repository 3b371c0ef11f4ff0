using System.Collections.Frozen;

namespace LiveChat.Cql.Cluster;

/// <summary>
/// The cluster as it is known at one moment: local nodes and, for each keyspace, the local replicas of each token.
/// Immutable; the watcher makes another when something changes, and requests read whichever is there.
/// </summary>
internal sealed class Topology
{
    private readonly TokenRing _ring;
    private readonly FrozenDictionary<string, Node[][]> _replicas;

    public Topology(
        string dataCenter, IReadOnlyList<Node> nodes, TokenRing ring,
        IReadOnlyDictionary<string, Replication> keyspaces)
    {
        DataCenter = dataCenter;
        Nodes = nodes;
        LocalNodes = [.. nodes.Where(node => node.Pool is not null)];
        _ring = ring;
        var alike = new Dictionary<string, Node[][]>(StringComparer.Ordinal);
        var replicas = new Dictionary<string, Node[][]>(StringComparer.Ordinal);
        foreach (var (keyspace, replication) in keyspaces)
        {
            if (!alike.TryGetValue(replication.Key, out var table))
                alike[replication.Key] = table = ring.ReplicasFor(replication, dataCenter);
            replicas[keyspace] = table;
        }

        _replicas = replicas.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public static Topology Empty { get; } =
        new(string.Empty, [], new TokenRing([]), new Dictionary<string, Replication>());

    public string DataCenter { get; }

    public IReadOnlyList<Node> Nodes { get; }

    public Node[] LocalNodes { get; }

    /// <summary>The local replicas of a token, or none when the keyspace or the ring is not known.</summary>
    public Node[] ReplicasOf(string? keyspace, long token) =>
        keyspace is not null && _ring.Count > 0 && _replicas.TryGetValue(keyspace, out var table)
            ? table[_ring.IndexOf(token)]
            : [];
}
