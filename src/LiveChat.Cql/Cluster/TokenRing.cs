namespace LiveChat.Cql.Cluster;

/// <summary>
/// The tokens of all nodes in order, and the replicas of a token: those of the first token at or above it, going on
/// round the ring. NetworkTopologyStrategy takes the nodes of each data centre in ring order, from racks not used yet
/// first. Immutable.
/// </summary>
internal sealed class TokenRing
{
    private readonly long[] _tokens;
    private readonly Node[] _owners;
    private readonly Dictionary<string, int> _rackCounts;
    private readonly Dictionary<string, int> _nodeCounts;

    public TokenRing(IEnumerable<(long Token, Node Node)> tokens)
    {
        var sorted = tokens.OrderBy(pair => pair.Token).ToArray();
        _tokens = [.. sorted.Select(pair => pair.Token)];
        _owners = [.. sorted.Select(pair => pair.Node)];
        var nodes = _owners.Distinct().GroupBy(node => node.DataCenter).ToArray();
        _rackCounts = nodes.ToDictionary(
            group => group.Key, group => group.Select(node => node.Rack).Distinct().Count());
        _nodeCounts = nodes.ToDictionary(group => group.Key, group => group.Count());
    }

    public int Count => _tokens.Length;

    /// <summary>The place in the ring that owns a token.</summary>
    public int IndexOf(long token)
    {
        var index = Array.BinarySearch(_tokens, token);
        if (index < 0) index = ~index;
        return index == _tokens.Length ? 0 : index;
    }

    /// <summary>The replicas in one data centre for each place in the ring.</summary>
    public Node[][] ReplicasFor(Replication replication, string dataCenter)
    {
        var replicas = new Node[_tokens.Length][];
        for (var index = 0; index < replicas.Length; index++)
        {
            replicas[index] = replication.IsSimple
                ? [.. WalkSimple(index, replication.SimpleFactor).Where(node => node.DataCenter == dataCenter)]
                : WalkDataCenter(index, replication.Factors.GetValueOrDefault(dataCenter), dataCenter);
        }

        return replicas;
    }

    private List<Node> WalkSimple(int start, int factor)
    {
        var found = new List<Node>(factor);
        for (var step = 0; step < _owners.Length && found.Count < factor; step++)
        {
            var node = _owners[(start + step) % _owners.Length];
            if (!found.Contains(node)) found.Add(node);
        }

        return found;
    }

    private Node[] WalkDataCenter(int start, int factor, string dataCenter)
    {
        var wanted = Math.Min(factor, _nodeCounts.GetValueOrDefault(dataCenter));
        var found = new List<Node>(wanted);
        var skipped = new List<Node>();
        var racks = new HashSet<string>(StringComparer.Ordinal);
        var rackCount = _rackCounts.GetValueOrDefault(dataCenter);
        for (var step = 0; step < _owners.Length && found.Count < wanted; step++)
        {
            var node = _owners[(start + step) % _owners.Length];
            if (node.DataCenter != dataCenter || found.Contains(node) || skipped.Contains(node)) continue;
            if (racks.Count == rackCount)
            {
                found.Add(node);
            }
            else if (racks.Add(node.Rack))
            {
                found.Add(node);
                if (racks.Count < rackCount) continue;
                var room = Math.Min(skipped.Count, wanted - found.Count);
                found.AddRange(skipped.GetRange(0, room));
            }
            else
            {
                skipped.Add(node);
            }
        }

        return [.. found];
    }
}
