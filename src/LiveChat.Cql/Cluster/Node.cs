using System.Net;
using LiveChat.Cql.Connections;

namespace LiveChat.Cql.Cluster;

/// <summary>
/// A node of the cluster. Its identity is its host id; its address may change, and then it is another object. Only
/// nodes of the local data centre have a pool.
/// </summary>
internal sealed class Node(Guid id, EndPoint endPoint, string dataCenter, string rack, NodePool? pool)
{
    private const long Up = long.MinValue;

    /// <summary>Since when, as a time stamp of the time provider.</summary>
    private long _downSince = Up;

    public Guid Id => id;

    public EndPoint EndPoint => endPoint;

    public string DataCenter => dataCenter;

    public string Rack => rack;

    public NodePool? Pool => pool;

    /// <summary>Gossip says that it is down: it is asked last, as long as a connection to it still stands.</summary>
    public bool IsReportedDown => Volatile.Read(ref _downSince) != Up;

    public void ReportDown(long now) => Volatile.Write(ref _downSince, now);

    public void ReportUp() => Volatile.Write(ref _downSince, Up);

    /// <summary>What was received from it afterwards says that it is up, whatever gossip says.</summary>
    public void ReportUpIfAlive()
    {
        var since = Volatile.Read(ref _downSince);
        if (since != Up && pool?.LastReceived > since) Interlocked.CompareExchange(ref _downSince, Up, since);
    }

    public override string ToString() => $"{EndPoint} ({DataCenter}/{Rack})";
}
