using LiveChat.Core.FanOut;
using LiveChat.Core.Links;
using LiveChat.Core.Log;
using LiveChat.Core.Peers;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Nodes;

/// <summary>
/// What stands between owners and gateways: on one node a call, between nodes links in both directions. The gateway's
/// half knows where it is in each partition; the owner's half hands over and brings gateways to where it is.
/// </summary>
internal sealed class LinkRole
{
    private readonly NodeParts _parts;
    private readonly NodePeers? _peers;
    private CancellationTokenSource Ending { get; } = new();

    /// <param name="parts">What the roles share.</param>
    /// <param name="tables">What a gateway makes of hand-overs.</param>
    /// <param name="owner">The owner of this node's partitions.</param>
    /// <param name="feeds">The ways from this node's owners to gateways.</param>
    /// <param name="history">This node's history.</param>
    /// <param name="left">Hears of who left a chat, as another node says.</param>
    /// <param name="settingsChanged">Tells devices here what a user set on another node.</param>
    /// <param name="sessions">Says which sessions a user has on this node, and ends the one that is named.</param>
    /// <param name="random">Spreads calls.</param>
    public LinkRole(
        NodeParts parts,
        GatewayTables tables,
        OwnerRole owner,
        GatewayFeeds feeds,
        HistoryRole history,
        Action<ChatId, UserId> left,
        Action<UserId, ChatId> settingsChanged,
        Func<UserId, string, CancellationToken, Task<SessionsTold>> sessions,
        Random random)
    {
        (_parts, _peers, Feeds) = (parts, parts.Ports.Peers, feeds);
        var (ports, markOf, time) = (parts.Ports, (Func<int, PartitionMark?>)owner.Delivery.MarkOf, parts.Time);
        Positions = new GatewayPositions(ports.Log.Partitions, markOf, tables.Pending.RecordsOf, AskOwn);
        var online = new OnlineUsers(parts.Directory);
        if (_peers is not null) parts.Directory.Changed = online.Look;
        Desk = new GatewayDesk(
            Positions,
            tables.FanOut,
            tables.Tails,
            tables.Pending,
            parts.Progress,
            online,
            new UserHeads(ports.Users, parts.Calls),
            history.Writer.Stopped.ContainsKey,
            left,
            owner.Services.Typing.End,
            parts.LinkedPresence,
            new OwnDevices(parts.Directory, settingsChanged),
            new Comebacks(parts.Directory, time),
            time);
        CatchUps = new CatchUps(
            ports.Log,
            markOf,
            owner.Services.Chats,
            ports.History,
            parts.Calls,
            parts.LogCalls,
            parts.Progress,
            ports.Rules,
            time,
            parts.Loggers.CreateLogger<CatchUps>());
        Asked = new OwnerDesk(
            CatchUps,
            ports.Log.Partitions,
            owner.Services.Chats,
            owner.Services.Typing,
            owner.Services.Receipts,
            parts.LinkedPresence,
            parts.PresenceCalls,
            sessions);
        Signals = new NodeSignals(Positions, Desk, feeds, ports.Log.Partitions);
        Own = new OwnFeed(parts.Directory, frame => Desk.TakeOwn(frame, Ending.Token));
        Rows = new HistoryRows(
            parts.Histories,
            () => [.. owner.Delivery.Assigned.Union(CatchUps.Answering).Except(history.Writer.Assigned)],
            parts.Progress,
            parts.LogCalls,
            time);
        if ((_peers is null ? ports.Alone : new NodeSign(_peers.Registry, _peers.Self)) is not { } sign) return;
        Membership = new(sign.Registry, sign.Self, time, parts.Loggers.CreateLogger<Membership>());
        if (_peers is null) return;
        parts.Looks.HasHandedAsync = HasHandedAsync;
        Hello = HelloOf(_peers, ports);
        feeds.News.Holds = IsGatewayAway;
        Links = new OwnerLinks(
            _peers.Network, Membership, Hello,
            call => new OwnerCall(call, Desk, new OpenSigns(tables.FanOut), time),
            time,
            new Random(random.Next()),
            parts.Loggers.CreateLogger<OwnerLinks>());
    }

    /// <summary>Whether history has all that was handed to this node of the chat's partition, as it was when it was
    /// asked, or has it within the time.</summary>
    private async ValueTask<bool> HasHandedAsync(ChatId chat, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var partition = Partitioner.PartitionOf(chat, _parts.Progress.Partitions);
        return Positions.HandedOf(partition) is { } handed
            && await _parts.Progress.WaitAsync(partition, handed, timeout, cancellationToken);
    }

    public GatewayPositions Positions { get; }

    public GatewayDesk Desk { get; }

    public GatewayFeeds Feeds { get; }

    /// <summary>This node among the others; null where only one can be.</summary>
    public Membership? Membership { get; }

    /// <summary>The calls to the other nodes; null when the node is alone.</summary>
    public OwnerLinks? Links { get; }

    /// <summary>The states in which this node refuses something for want of others; none when it is alone.</summary>
    public IEnumerable<RefusingState> States =>
        Links is null ? [] : [new RefusingState("link_missing", () => Links.Missing)];

    private LinkHello? Hello { get; }

    /// <summary>What goes beside the log to other nodes.</summary>
    public NodeSignals Signals { get; }

    private CatchUps CatchUps { get; }

    private OwnerDesk Asked { get; }

    private OwnFeed Own { get; }

    private HistoryRows Rows { get; }

    /// <summary>The cluster as this node sees it; null when it is alone.</summary>
    public ClusterView? View()
    {
        if (Membership is null || Links is null) return null;
        var owners = Positions.Claimants().ToDictionary(
            static one => one.Key,
            one => (IReadOnlyList<string>)
            [
                .. one.Value.Select(source => source is OwnerCall call ? call.Owner : Membership.Self.Name),
            ]);
        return new ClusterView([Membership.Self, .. Membership.Live], Links.Linked, owners);
    }

    /// <summary>Takes the node's name, and calls from then on.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        _peers?.Network.Listen(Hello!, ServeAsync);
        if (Membership is not null) await Membership.BeginAsync(cancellationToken);
    }

    /// <summary>The loops between nodes; of a node that is alone the one that says so.</summary>
    public IEnumerable<Func<CancellationToken, Task>> Loops()
    {
        if (Membership is not null) yield return Membership.RunAsync;
        if (_peers is null) yield break;
        yield return Feeds.RunAsync;
        if (_parts.Roles.HasFlag(NodeRoles.Delivery)) yield return Rows.RunAsync;
        if (_parts.Roles.HasFlag(NodeRoles.Gateway)) yield return Links!.RunAsync;
    }

    /// <summary>What the other gateways say of a user's sessions there, which ends the one that is named; null of a
    /// live gateway that does not answer.</summary>
    public async Task<IReadOnlyList<SessionsTold?>> AskSessionsAsync(
        UserId user, string revoke, CancellationToken cancellationToken)
    {
        if (Membership is null || Links is null) return [];
        OwnerCall[] calls = [.. Desk.Calls.Where(static call => call.IsGateway)];
        var unlinked = Membership.Live.Count(node => node.Roles.HasFlag(NodeRoles.Gateway)
            && !Array.Exists(calls, call => call.Owner == node.Name));
        var told = await Desk.Others.AskAsync(calls, user, revoke, cancellationToken);
        return [.. told, .. Enumerable.Repeat((SessionsTold?)null, unlinked)];
    }

    /// <summary>Ends the calls of others and what is under way.</summary>
    public async Task EndAsync()
    {
        Ending.Cancel(); // Not CancelAsync, which leaves the context for the thread pool.
        await CatchUps.EndAsync();
        await Asked.EndAsync();
        await Desk.EndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5), _parts.Time);
        if (Membership is not null) await Membership.LeaveAsync(limit.Token);
    }

    /// <summary>Whether a live gateway does not call this node.</summary>
    private bool IsGatewayAway() => Membership!.Live.Any(node => node.Roles.HasFlag(NodeRoles.Gateway)
        && !Feeds.Feeds.Any(feed => feed.Gateway.Incarnation == node.Incarnation));

    private void AskOwn(PositionAsk asked) => CatchUps.Ask(Own, asked);

    private async Task ServeAsync(ILinkCall call, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Ending.Token);
        await Feeds.ServeAsync(call, Asked, either.Token);
    }

    private static LinkHello HelloOf(NodePeers peers, NodePorts ports) => new()
    {
        Node = peers.Self.Name,
        NodeId = (uint)ports.Ids.Node,
        Incarnation = peers.Self.Incarnation,
        Roles = (uint)peers.Self.Roles,
        Build = peers.Self.Build,
        RulesLowest = (uint)peers.Self.RulesLowest,
        RulesHighest = (uint)peers.Self.RulesHighest,
        Cluster = peers.Cluster,
        Partitions = (uint)ports.Log.Partitions,
    };
}
