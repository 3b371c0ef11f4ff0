using LiveChat.Core.Links;

namespace LiveChat.Core.Nodes;

/// <summary>What a node finds out about its cluster when an operator asks.</summary>
/// <param name="Self">The node that looks.</param>
/// <param name="Nodes">It and the others that the registry has, live or not; a node that is alone sees itself.</param>
/// <param name="Partitions">The log, a partition each, in order.</param>
internal sealed record SeenCluster(
    string Self, IReadOnlyList<SeenNode> Nodes, IReadOnlyList<SeenPartition> Partitions);

/// <summary>A node as another one sees it.</summary>
/// <param name="Entry">Its entry.</param>
/// <param name="IsLinked">Whether the looking node has a link to it; null where it needs none.</param>
internal sealed record SeenNode(NodeEntry Entry, bool? IsLinked);

/// <summary>A partition as a node sees it.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Owners">The nodes that claim it; more than one while it moves. Null when the node that looks is no
/// gateway: owners tell only gateways.</param>
/// <param name="DeliveryBehind">Records that are not known to be handed over; ticks count.</param>
/// <param name="HistoryBehind">Records that are not known to be in history; ticks count.</param>
/// <param name="IsStopped">Whether a group met something in it that it cannot decide.</param>
internal sealed record SeenPartition(
    int Number, IReadOnlyList<string>? Owners, long DeliveryBehind, long HistoryBehind, bool IsStopped);
