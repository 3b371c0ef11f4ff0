using System.Diagnostics.CodeAnalysis;
using System.Net;
using LiveChat.Cql.Connections;
using LiveChat.Cql.Errors;

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

    /// <summary>What to say when no node could be asked: why each failed, or has no connection.</summary>
    public readonly CqlNoHostException NoHost(IReadOnlyDictionary<EndPoint, Exception>? failures)
    {
        var attempts = new Dictionary<EndPoint, Exception>(failures ?? new Dictionary<EndPoint, Exception>());
        foreach (var candidate in _nodes)
        {
            if (candidate.Pool?.LastError is { } error) attempts.TryAdd(candidate.EndPoint, error);
        }

        return new CqlNoHostException("No node of the local data centre can be asked.", attempts);
    }

    private readonly Node At(int step, out bool isLastResort)
    {
        isLastResort = false;
        if (step < replicas.Length) return Rotated(replicas, step);
        step -= replicas.Length;
        isLastResort = step >= _nodes.Length;
        return Rotated(_nodes, step);
    }

    private readonly Node Rotated(Node[] nodes, int step) =>
        nodes[((int)(start % (uint)nodes.Length) + step) % nodes.Length];
}
