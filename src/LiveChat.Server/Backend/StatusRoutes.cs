using LiveChat.Core.Links;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;

namespace LiveChat.Server.Backend;

/// <summary>How the cluster is, for the operator alone: on the internal port and nowhere else.</summary>
internal static class StatusRoutes
{
    public static IReadOnlyList<BackendRoute> All { get; } =
    [
        new(
            "readStatus", "GET", "/v1/status", "The cluster as this node sees it", null,
            BackendJsonContext.Default.ClusterStatus, ReadAsync),
    ];

    private static async ValueTask<object> ReadAsync(BackendServices services, BackendCall call)
    {
        try
        {
            var view = await services.Node.LookAsync(call.Aborted);
            return new ClusterStatus
            {
                Node = view.Self,
                Sessions = services.Node.Sessions,
                Refusing =
                [
                    .. services.Node.States.Current.Select(static one => new StateStatus(one.Name, one.Reason)),
                ],
                Nodes = [.. view.Nodes.Select(StatusOf)],
                Partitions = [.. view.Partitions.Select(StatusOf)],
            };
        }
        catch (Exception away) when (away is LogUnavailableException or NodeRegistryException)
        {
            return Problems.Of(ErrorCode.Unavailable, away.Message);
        }
    }

    private static NodeStatus StatusOf(SeenNode seen) => new()
    {
        Name = seen.Entry.Name,
        Roles = [.. RolesOf(seen.Entry.Roles)],
        Build = seen.Entry.Build,
        Address = seen.Entry.Address,
        Live = seen.Entry.IsLive,
        SignAge = Math.Round(seen.Entry.Age.TotalSeconds, 1),
        ClockAheadMs = seen.Entry.ClockOffMs,
        Linked = seen.IsLinked,
    };

    private static PartitionStatus StatusOf(SeenPartition seen) => new()
    {
        Partition = seen.Number,
        Owners = seen.Owners,
        DeliveryBehind = seen.DeliveryBehind,
        HistoryBehind = seen.HistoryBehind,
        Stopped = seen.IsStopped,
    };

    private static IEnumerable<string> RolesOf(NodeRoles roles)
    {
        if (roles.HasFlag(NodeRoles.Gateway)) yield return "gateway";
        if (roles.HasFlag(NodeRoles.Delivery)) yield return "delivery";
        if (roles.HasFlag(NodeRoles.History)) yield return "history";
    }
}
