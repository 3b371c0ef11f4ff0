using System.Diagnostics.CodeAnalysis;
using LiveChat.Cql.Connections;

namespace LiveChat.Cql.Cluster;

/// <summary>
/// The nodes to ask for one request, in order: replicas, then other local nodes, both from a place that moves on with
/// each request, then those which gossip calls down. Nodes without a connection are passed over. Not thread-safe.
/// </summary>
internal struct QueryPlan(Topology topology, Node[] replicas, uint start)
{
    private readonly Node[] _nodes = topology.LocalNodes;
    private int _step;

    /// <summary>The next node that can be asked, with a connection to it; false at the end.</summary>
    public bool TryNext([NotNullWhen(true)] out Node? node, [NotNullWhen(true)] out CqlConnection? connection)
    {
        var total = replicas.Length + (2 * _nodes.Length);
        while (_step < total)
        {
            var step = _step++;
            var candidate = At(step, out var isLastResort);
            if (candidate.IsReportedDown != isLastResort) continue;
            if (!isLastResort && step >= replicas.Length && Array.IndexOf(replicas, candidate) >= 0) continue;
            if (candidate.Pool?.Pick() is not { } open) continue;
            node = candidate;
            connection = open;
            return true;
        }

        node = null;
        connection = null;
        return false;
    }

    private readonly Node At(int step, out bool isLastResort)
    {
        isLastResort = false;
        if (step < replicas.Length) return replicas[(int)((start + (uint)step) % (uint)replicas.Length)];
        step -= replicas.Length;
        isLastResort = step >= _nodes.Length;
        return _nodes[(int)((start + (uint)step) % (uint)_nodes.Length)];
    }
}
