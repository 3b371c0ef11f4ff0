using LiveChat.Core.Links;

namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>What each of three nodes does: everything, or a part.</summary>
internal static class ClusterLayouts
{
    public static IReadOnlyList<NodeRoles[]> All { get; } =
    [
        [NodeRoles.All, NodeRoles.All, NodeRoles.All],
        [NodeRoles.Gateway, NodeRoles.All, NodeRoles.Delivery | NodeRoles.History],
        [NodeRoles.Gateway, NodeRoles.Gateway | NodeRoles.Delivery, NodeRoles.Delivery | NodeRoles.History],
        [NodeRoles.Gateway, NodeRoles.Delivery, NodeRoles.History],
        [NodeRoles.Gateway, NodeRoles.Gateway, NodeRoles.Delivery | NodeRoles.History],
    ];

    /// <summary>Pairs of gateways: one node twice, and two nodes in both orders where there are two.</summary>
    public static IEnumerable<(int Here, int There)> PairsOf(NodeRoles[] roles)
    {
        int[] gateways =
            [.. Enumerable.Range(0, roles.Length).Where(number => roles[number].HasFlag(NodeRoles.Gateway))];
        yield return (gateways[0], gateways[0]);
        foreach (var here in gateways)
            foreach (var there in gateways)
                if (here != there) yield return (here, there);
    }
}
