using LiveChat.Core.Links;

namespace LiveChat.Core.Nodes;

/// <summary>Where a node says that it is there.</summary>
/// <param name="Registry">Which nodes there are.</param>
/// <param name="Self">This node.</param>
internal sealed record NodeSign(INodeRegistry Registry, NodeEntry Self);

/// <summary>What makes a node one of several.</summary>
/// <param name="Network">The calls between nodes.</param>
/// <param name="Registry">Which nodes there are.</param>
/// <param name="Self">This node, with its roles.</param>
/// <param name="Cluster">The name that all nodes share; a call of another cluster's is refused.</param>
internal sealed record NodePeers(ILinkNetwork Network, INodeRegistry Registry, NodeEntry Self, string Cluster)
{
    /// <summary>What was taken back, when the cluster has a table of it.</summary>
    public IRevocationTable? Revocations { get; init; }
}
