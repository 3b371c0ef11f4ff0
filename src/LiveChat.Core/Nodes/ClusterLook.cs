using LiveChat.Core.Links;
using LiveChat.Core.Log;
using LiveChat.Core.Peers;

namespace LiveChat.Core.Nodes;

/// <summary>Looks at the cluster for operators: asks the registry and the log, nothing that users wait for. Any thread.
/// </summary>
/// <param name="parts">What the roles share.</param>
/// <param name="cluster">What the node sees of the others without asking; null when it is alone.</param>
/// <param name="owned">The partitions that this node delivers.</param>
/// <param name="isStopped">Whether a group goes no further in a partition.</param>
internal sealed class ClusterLook(
    NodeParts parts, ClusterView? cluster, Func<IReadOnlyCollection<int>> owned, Func<int, bool> isStopped)
{
    private const string Alone = "this server";

    private bool IsGateway => parts.Roles.HasFlag(NodeRoles.Gateway);

    /// <exception cref="LogUnavailableException">The log does not answer.</exception>
    /// <exception cref="NodeRegistryException">The registry does not.</exception>
    public async ValueTask<SeenCluster> LookAsync(CancellationToken cancellationToken)
    {
        var self = parts.Ports.Peers?.Self ?? new NodeEntry(Alone, "", NodeRoles.All, 0, 0, BuildMark.Full, 0);
        var entries = parts.Ports.Peers is { } peers ? await peers.Registry.ReadAsync(cancellationToken) : [self];
        int[] all = [.. Enumerable.Range(0, parts.Ports.Log.Partitions)];
        var ranges = await parts.Ports.Log.RangesAsync(all, cancellationToken);
        var delivered = await parts.Deliveries.CommittedAsync(all, cancellationToken);
        var stored = await parts.Histories.CommittedAsync(all, cancellationToken);
        var own = owned();
        IReadOnlyList<string>? OwnersOf(int partition) =>
            cluster is null ? own.Contains(partition) ? [self.Name] : []
            : IsGateway ? cluster.Owners.GetValueOrDefault(partition, [])
            : null;

        return new SeenCluster(
            self.Name,
            [.. entries.OrderBy(static entry => entry.Name, StringComparer.Ordinal).Select(SeenOf)],
            [
                .. all.Select(partition => new SeenPartition(
                    partition,
                    OwnersOf(partition),
                    ranges[partition].Behind(delivered[partition]),
                    ranges[partition].Behind(stored[partition]),
                    isStopped(partition))),
            ]);
    }

    /// <summary>A gateway calls every other node.</summary>
    private SeenNode SeenOf(NodeEntry entry)
    {
        var isCalled = cluster is not null && IsGateway && entry.Name != parts.Ports.Peers!.Self.Name;
        return new SeenNode(entry, isCalled ? cluster!.Linked.Contains(entry.Name) : null);
    }
}
