using LiveChat.Core.Links;

namespace LiveChat.Cluster.Nodes;

/// <summary>What the registry of nodes says is wrong. Pure.</summary>
internal static class NodeChecks
{
    private const string Synchronize =
        "Synchronize the clocks of all machines (chrony, systemd-timesyncd); 10 s off, a node takes no messages.";

    private static readonly TimeSpan DriftMax = TimeSpan.FromSeconds(1);

    /// <param name="nodes">The entries of the registry.</param>
    /// <param name="rulesInUse">The rules number in use; 0 for none.</param>
    /// <param name="rulesHighest">The highest number that this build knows.</param>
    public static IEnumerable<ServiceFinding> Of(
        IReadOnlyList<NodeEntry> nodes, int rulesInUse, int rulesHighest) =>
    [
        OfLive(nodes),
        .. nodes.Where(static node => !node.IsLive).Select(OfGone),
        .. OfLinks(nodes),
        .. OfRoles(nodes),
        .. nodes.Where(static node => node.IsLive).Select(OfClock).OfType<ServiceFinding>(),
        .. OfDrift(nodes),
        .. OfRules(rulesInUse, rulesHighest),
    ];

    /// <summary>Whether another server has this one's name.</summary>
    /// <param name="nodes">The entries of the registry.</param>
    /// <param name="name">The name.</param>
    /// <param name="incarnation">The run that this server's data folder names.</param>
    public static IEnumerable<ServiceFinding> OfName(
        IReadOnlyList<NodeEntry> nodes, string name, ulong incarnation) =>
        from node in nodes
        where node.IsLive && node.Name == name && node.Incarnation != incarnation
        select ServiceFinding.Refused(
            "name",
            $"A server at {node.Address} has the node name {name} and gave a sign {node.Age.TotalSeconds:0} s ago: "
            + "this one would not start.",
            "Give each server a name of its own (LiveChat:Node:Name). If that server is gone, wait a minute.");

    private static ServiceFinding OfLive(IReadOnlyList<NodeEntry> nodes)
    {
        var live = nodes.Where(static node => node.IsLive).Select(Describe).Order(StringComparer.Ordinal).ToList();
        return ServiceFinding.Good(
            "servers", live.Count == 0 ? "No node is live." : $"Live: {string.Join(", ", live)}.");
    }

    private static ServiceFinding OfGone(NodeEntry node) => ServiceFinding.Warns(
        $"server {node.Name}",
        $"It has given no sign for {node.Age.TotalMinutes:0} min, and did not leave in order.",
        "Start it again, or see docs/ops/several-nodes.md when it will not come back.");

    /// <summary>Several nodes of which one takes no links.</summary>
    private static IEnumerable<ServiceFinding> OfLinks(IReadOnlyList<NodeEntry> nodes)
    {
        var live = nodes.Where(static node => node.IsLive).ToList();
        if (live.Count < 2) yield break;
        foreach (var node in live.Where(static node => node.Address.Length == 0))
            yield return ServiceFinding.Refused(
                $"server {node.Name}",
                "It takes no links, and is not alone: users of other nodes do not see what happens on it.",
                "Set LiveChat:Links:Listen and a secret or certificates there, and start it again.");
    }

    private static IEnumerable<ServiceFinding> OfRoles(IReadOnlyList<NodeEntry> nodes)
    {
        var live = nodes.Where(static node => node.IsLive).ToList();
        if (live.Count == 0) yield break;
        foreach (var role in (NodeRoles[])[NodeRoles.Gateway, NodeRoles.Delivery, NodeRoles.History])
            if (!live.Exists(node => node.Roles.HasFlag(role)))
                yield return ServiceFinding.Refused(
                    "roles", $"No live node has the role {role}.",
                    $"Start a node with LiveChat:Node:Roles=All, or with {role} among them.");
    }

    /// <summary>Two nodes that are each within a second of Cassandra, and not of each other.</summary>
    private static IEnumerable<ServiceFinding> OfDrift(IReadOnlyList<NodeEntry> nodes)
    {
        var live = nodes.Where(static node => node.IsLive && OfClock(node) is null)
            .OrderBy(static node => node.ClockOffMs).ToList();
        if (live.Count < 2 || TimeSpan.FromMilliseconds(live[^1].ClockOffMs - live[0].ClockOffMs) <= DriftMax)
            yield break;
        var (first, last) = (live[^1], live[0]);
        yield return ServiceFinding.Warns(
            "clocks",
            $"The clock of {first.Name} is {(first.ClockOffMs - last.ClockOffMs) / 1_000d:0.#} s ahead of that of "
            + $"{last.Name}.",
            Synchronize);
    }

    private static ServiceFinding? OfClock(NodeEntry node) =>
        TimeSpan.FromMilliseconds(Math.Abs(node.ClockOffMs)) <= DriftMax
            ? null
            : ServiceFinding.Warns(
                $"server {node.Name}",
                $"Its clock is {node.ClockOffMs / 1_000d:0.#} s ahead of Cassandra's.",
                Synchronize);

    private static IEnumerable<ServiceFinding> OfRules(int inUse, int highest)
    {
        if (inUse <= highest) yield break;
        yield return ServiceFinding.Refused(
            "rules",
            $"The nodes use the rules number {inUse}, and this build knows up to {highest}.",
            "Start the build that the other nodes have, or a newer one: this one would not start.");
    }

    private static string Describe(NodeEntry node) => $"{node.Name} ({node.Roles}, {node.Build})";
}
