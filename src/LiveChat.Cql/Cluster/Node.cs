using System.Net;
using LiveChat.Cql.Connections;

namespace LiveChat.Cql.Cluster;

/// <summary>
/// A node of the cluster. Its identity is its host id; its address may change, and then it is another object. Only
/// nodes of the local data centre have a pool.
/// </summary>
internal sealed class Node(Guid id, EndPoint endPoint, string dataCenter, string rack, NodePool? pool)
{
    private volatile bool _isReportedDown;

    public Guid Id => id;

    public EndPoint EndPoint => endPoint;

    public string DataCenter => dataCenter;

    public string Rack => rack;

    public NodePool? Pool => pool;

    /// <summary>Gossip says that it is down: it is asked last, as long as a connection to it still stands.</summary>
    public bool IsReportedDown
    {
        get => _isReportedDown;
        set => _isReportedDown = value;
    }

    public override string ToString() => $"{EndPoint} ({DataCenter}/{Rack})";
}
