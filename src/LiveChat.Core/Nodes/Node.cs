using LiveChat.Core.Erasures;
using LiveChat.Core.FanOut;
using LiveChat.Core.Links;
using LiveChat.Core.Measuring;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Peers;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Nodes;

/// <summary>
/// One node with all roles, put together from its ports: what the server hosts behind sockets and the simulator and
/// the benchmark run without. It has loops but no thread of its own: they run where <see cref="StartAsync"/> was
/// called. Connections are opened with <see cref="TryOpen"/> from any thread. The ports belong to the caller, who
/// closes them after <see cref="StopAsync"/>.
/// </summary>
internal sealed class Node : IAsyncDisposable
{
    private const string Ended = "The node failed and takes nothing more.";
    private static readonly TimeSpan FinishTimeoutMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FinishTimeoutMax = TimeSpan.FromSeconds(5);

    private readonly NodeOptions _options;
    private readonly TimeProvider _time;
    private readonly NodeParts _parts;
    private readonly HistoryRole _history;
    private readonly OwnerRole _owner;
    private readonly GatewayRole _gateway;
    private readonly GatewayTables _tables;
    private readonly LinkRole _links;
    private readonly History.Barrier _ends;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _givingBack = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _loops = [];
    private readonly Action _left;
    private int _connections;
    private volatile bool _isStarted;
    private volatile bool _hasBegun;

    public Node(NodePorts ports, NodeOptions options, TimeProvider time, Random random, ILoggerFactory loggers)
    {
        (_options, _time) = (options, time);
        _left = () => Interlocked.Decrement(ref _connections);
        var parts = _parts = new NodeParts(ports, options, time, random, loggers);
        _tables = new GatewayTables(parts, HasDeliveryStopped);
        _history = new HistoryRole(parts);
        var feeds = new GatewayFeeds(
            ports.Link(_tables.FanOut),
            () => [.. _owner!.Delivery.Marks()],
            parts.Progress,
            () => _history.Writer.Stopped.Keys.Order(),
            time,
            loggers.CreateLogger<GatewayFeeds>());
        _owner = new OwnerRole(parts, feeds, EndShown, _tables.Tails.Highest);
        _links = new LinkRole(
            parts,
            _tables,
            _owner,
            feeds,
            _history,
            EndShown,
            (user, chat) => _gateway!.Settings.Note(user, chat),
            (user, revoke, token) => _gateway!.Revocations.TellSessionsAsync(user, revoke, token),
            random);
        _gateway = new GatewayRole(parts, _tables, _owner, _links, HasDeliveryStopped, random);
        _ends = new History.Barrier(ports.Log, parts.Progress, _links.Desk.HasHistoryStopped, time);
        if (parts.Ports.Erasures is { } erasures && parts.Roles.HasFlag(NodeRoles.Gateway))
        {
            // An erasure writes to the log, as gateways do.
            var services = new ErasureServices(
                erasures, parts.Ports.Deletions!, parts.Ports.History, parts.Looks, Services, Revocations,
                _ends.LeftOutAsync);
            var isAlone = parts.Ports.Peers is null;
            Eraser = new Eraser(services, isAlone, loggers.CreateLogger<Eraser>());
            ChatDeleter = new ChatDeleter(services, isAlone, loggers.CreateLogger<ChatDeleter>());
        }

        States = NewStates(parts, loggers);
        NodeMetrics.Observe(ports.Meter, Services, Pending, _gateway.Heads, parts, () => IsDraining);
        NodeMetrics.ObserveClock(ports.Meter, () => _links.Membership?.ClockAhead);
    }

    /// <summary>The id of this start in the store's lineage.</summary>
    public ulong StartId => Services.Lineage.Id;

    /// <summary>Whom a token lets in.</summary>
    public SignIn SignIn => Services.SignIn;

    /// <summary>The states in which the node refuses what users ask for.</summary>
    public StateWatch States { get; }

    /// <summary>What is counted and timed of connections and requests.</summary>
    public GatewayMeasures Measures => _parts.Gateway;

    /// <summary>Takes back what sessions and tokens allow.</summary>
    public Revocations Revocations => _gateway.Revocations;

    /// <summary>Erases users; null where none is erased.</summary>
    public Eraser? Eraser { get; }

    /// <summary>Deletes chats; there where users are erased.</summary>
    public ChatDeleter? ChatDeleter { get; }

    /// <summary>The cluster as this node sees it; null when it is alone.</summary>
    public ClusterView? Cluster => _links.View();

    /// <summary>Ends when the node was stopped, and with the reason when it failed by itself.</summary>
    public Task Completion => _completion.Task;

    /// <summary>What clients are told of the limits.</summary>
    public ReadyLimits SaidLimits => Services.Limits;

    /// <summary>Whether it is going away: nothing new is taken.</summary>
    public bool IsDraining => Services.Drain.IsOn;

    /// <summary>Whether it is a gateway that does not know yet where it is in each partition, and takes no sessions.
    /// </summary>
    public bool IsStarting => _parts.Roles.HasFlag(NodeRoles.Gateway) && !IsGateway;

    /// <summary>Devices that are connected and signed in.</summary>
    public int Sessions => Services.Directory.Count;

    /// <summary>Commands that have no answer yet.</summary>
    public int PendingCommands => Pending.Count;

    private SessionServices Services => _gateway.Services;

    private PendingCommands Pending => _tables.Pending;

    /// <summary>Whether a worker met something in the partition that it cannot decide: nothing is taken for it until
    /// the process starts again, with a version that can.</summary>
    public bool IsStopped(int partition) =>
        _history.Writer.Stopped.ContainsKey(partition) || HasDeliveryStopped(partition);

    /// <summary>Asks the registry and the log how the cluster is, for operators.</summary>
    /// <exception cref="Log.LogUnavailableException">The log does not answer.</exception>
    /// <exception cref="Links.NodeRegistryException">The registry of nodes does not.</exception>
    public ValueTask<SeenCluster> LookAsync(CancellationToken cancellationToken) =>
        new ClusterLook(
            _parts,
            Cluster,
            () => _owner.Delivery.Assigned,
            partition => IsStopped(partition) || _links.Desk.HasHistoryStopped(partition))
            .LookAsync(cancellationToken);

    private StateWatch NewStates(NodeParts parts, ILoggerFactory loggers) => new(
        parts.Ports.Meter,
        [
            new("failed", () => Completion.IsFaulted ? Ended : null),
            new("draining", () => IsDraining ? "The node is going away." : null),
            new("partition_stopped", StoppedPartitions),
            new("store_away", () => parts.Calls.IsAway ? "The history store is away." : null),
            new("log_away", () => parts.LogCalls.Refusal),
            new("clock_off", parts.Ports.Ids.Refusal),
            new("commands_full", () => Pending.Refusal),
            .. parts.SharedPresence is { } shared
                ? [new RefusingState("presence_degraded", () => shared.Degraded)]
                : (RefusingState[])[],
            .. _links.States,
            .. parts.Ports.States,
        ],
        loggers.CreateLogger<StateWatch>());

    private bool HasDeliveryStopped(int partition) =>
        _owner.HasStopped(partition) || _links.Desk.HasStopped(partition);

    private string? StoppedPartitions()
    {
        var stopped = _history.Writer.Stopped.Keys.Union(_owner.Delivery.Stopped.Keys).Order().ToArray();
        return stopped.Length == 0
            ? null
            : $"Parts {string.Join(", ", stopped)} of the log have stopped.";
    }

    /// <summary>Notes the start in the store, then starts the loops, from the log outwards.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var (services, owner) = (Services, _owner.Services);
        await services.Lineage.BeginAsync(cancellationToken);
        await _links.BeginAsync(cancellationToken);
        Pending.Start();
        services.Rates.Start();
        owner.Typing.Start();
        States.Start(services.Wheel);
        foreach (var loop in OwningLoops()) _loops.Add(RunUntilAsync(loop, _givingBack.Token));
        foreach (var loop in _links.Loops()) _loops.Add(RunAsync(loop));
        if (_gateway.Rows is { } rows) _loops.Add(RunAsync(rows.RunAsync));
        _loops.Add(RunAsync(services.Wheel.RunAsync));
        if (_links.Links is not null) _loops.Add(RunAsync(_gateway.Settings.RunAsync));
        _loops.Add(RunAsync(services.Markers.RunAsync));
        if (_parts.SharedPresence is { } shared) _loops.Add(RunAsync(shared.RunAsync));
        _loops.Add(RunAsync(services.Beats.RunAsync));
        _loops.Add(RunAsync(owner.Watches.RunAsync));
        _loops.Add(RunAsync(token => _tables.Heads.RunAsync(_tables.FanOut.SayHead, token)));
        if (_parts.Roles.HasFlag(NodeRoles.Gateway)) _loops.Add(RunAsync(_gateway.Heads.RunAsync));
        _loops.Add(RunAsync(services.Lineage.RunAsync));
        if (Eraser is { } eraser) _loops.Add(RunAsync(eraser.RunAsync));
        if (ChatDeleter is { } deleter) _loops.Add(RunAsync(deleter.RunAsync));
        foreach (var loop in _parts.Ports.StoreLoops) _loops.Add(RunAsync(loop));
        _isStarted = true;
    }

    /// <summary>A connection of a device; null when the node is full or going away. Whoever opens it disposes it.
    /// </summary>
    public Connection? TryOpen()
    {
        if (!_isStarted || IsDraining || Completion.IsCompleted || !IsGateway) return null;
        if (Interlocked.Increment(ref _connections) > _options.Sessions.ConnectionsMax)
        {
            Interlocked.Decrement(ref _connections);
            return null;
        }

        return new Connection(Services, _left);
    }

    /// <summary>A command of a user without a connection, and its terminal answer.</summary>
    public Task<ServerFrame> AskAsync(
        UserId user, ClientFrame command, bool isByServerKey, CancellationToken cancellationToken) =>
        RefusalOf(user) is { } problem
            ? Task.FromResult<ServerFrame>(new ErrorFrame { Problem = problem })
            : SingleRequest.AskAsync(Services, user, command, isByServerKey, cancellationToken);

    /// <summary>
    /// Takes nothing new, finishes what is in flight (within a second and half of the window, at most 5 s), then tells
    /// every connection to come back, spread over the window.
    /// </summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        Services.Drain.Begin();
        Services.Ingest.Drain();

        // Others have the partitions while this node still tells its clients to go.
        if (_links.Membership is { Live.Count: > 0 }) _givingBack.Cancel();
        States.Look();
        if (!Completion.IsCompleted)
        {
            using var finish = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var within = FinishTimeoutMin + (_options.DrainWindow / 2);
            using var timeout = new CancellationTokenSource(
                within < FinishTimeoutMax ? within : FinishTimeoutMax, _time);
            await using var both = timeout.Token.Register(finish.Cancel);
            await Pending.DrainAsync(finish.Token);
        }

        Pending.EndAll();

        // In an order of their own: that of the directory depends on a hash that differs from process to process.
        foreach (var session in Services.Directory.All.OrderBy(static session => session.Id, StringComparer.Ordinal))
            Services.Drain.Dismiss(session.Outbox);
        Services.Drain.DismissUnsigned();
    }

    /// <summary>True once everything that was in the log before the call is in history, but for partitions that
    /// stopped; false when that took more than half a minute.</summary>
    public Task<bool> CatchUpAsync(CancellationToken cancellationToken) => _ends.PassAsync(cancellationToken);

    /// <summary>Lets clients be told of log times up to this one, durably; by itself the node keeps ahead of its
    /// clock.</summary>
    public Task ReachAsync(long logTimeMs, CancellationToken cancellationToken) =>
        Services.Lineage.ReachAsync(logTimeMs, cancellationToken);

    /// <summary>Stops the loops, the workers last; what they have processed is flushed and committed.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!IsDraining) await DrainAsync(cancellationToken);
        _givingBack.Cancel(); // Not CancelAsync, which leaves the context for the thread pool.
        _stopping.Cancel();
        await Task.WhenAll(_loops);
        await _links.EndAsync();
        _completion.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        _stopping.Dispose();
        _givingBack.Dispose();
        await _parts.Histories.DisposeAsync();
        await _parts.Deliveries.DisposeAsync();
    }

    /// <summary>The loops that own partitions, by role.</summary>
    private IEnumerable<Func<CancellationToken, Task>> OwningLoops()
    {
        if (_parts.Roles.HasFlag(NodeRoles.History))
        {
            yield return _history.Writer.RunAsync;
            yield return _history.Trimmer.RunAsync;
        }

        if (!_parts.Roles.HasFlag(NodeRoles.Delivery)) yield break;
        yield return _owner.Delivery.RunAsync;
        yield return _owner.Ticker.RunAsync;
    }

    /// <summary>Whether it takes sessions: it is a gateway, and has begun everywhere.</summary>
    private bool IsGateway =>
        _parts.Roles.HasFlag(NodeRoles.Gateway) && (_hasBegun || (_hasBegun = _links.Positions.IsReady));

    /// <summary>Somebody left a chat.</summary>
    private void EndShown(ChatId chat, UserId user) => Services.Shown.End(chat, user);

    /// <summary>One loop: its failure ends the node, which takes nothing more from then on.</summary>
    private Task RunAsync(Func<CancellationToken, Task> loop) => RunUntilAsync(loop, _stopping.Token);

    private async Task RunUntilAsync(Func<CancellationToken, Task> loop, CancellationToken endingToken)
    {
        try
        {
            await Task.Yield();
            await loop(endingToken);
        }
        catch (OperationCanceledException) when (endingToken.IsCancellationRequested)
        {
            // It was asked to end.
        }
        catch (Exception failure)
        {
            _completion.TrySetException(failure);
            Pending.EndAll();
            States.Look();
        }
    }

    /// <summary>Why the node takes no request by this server key now; null when it does.</summary>
    public Problem? RefusalOf(string serverKey) =>
        Completion.IsCompleted ? Problems.Of(ErrorCode.Unavailable, Ended) : Services.Rates.TakeKeyRequest(serverKey);

    /// <summary>The same of a user's request.</summary>
    public Problem? RefusalOf(UserId user) =>
        Completion.IsCompleted ? Problems.Of(ErrorCode.Unavailable, Ended) : Services.Rates.TakeRequest(user);
}
