using LiveChat.Core.Links;

namespace LiveChat.Core.Peers;

/// <summary>The cluster as one node sees it, for operators.</summary>
/// <param name="Nodes">This node and the live others.</param>
/// <param name="Linked">The nodes that this one is linked with as a gateway.</param>
/// <param name="Owners">By partition, the nodes that claim it; none for one that nobody claims.</param>
internal sealed record ClusterView(
    IReadOnlyList<NodeEntry> Nodes,
    IReadOnlyList<string> Linked,
    IReadOnlyDictionary<int, IReadOnlyList<string>> Owners);
