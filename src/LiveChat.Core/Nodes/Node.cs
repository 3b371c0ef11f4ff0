using LiveChat.Core.FanOut;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Ingest;
using LiveChat.Core.Log;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Presence;
using LiveChat.Core.Sessions;
using LiveChat.Core.Timing;
using LiveChat.Core.Workers;
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
    private readonly HistoryWriter _writer;
    private readonly DeliveryWorker _delivery;
    private readonly SessionServices _services;
    private readonly PendingCommands _pending;
    private readonly IngestRates _rates;
    private readonly ChatFanOut _fanOut;
    private readonly HeadCoalescer _heads;
    private readonly LogTrimmer _trimmer;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _loops = [];
    private readonly StoreLineage _lineage;
    private readonly Action _left;
    private int _connections;
    private volatile bool _isStarted;

    public Node(NodePorts ports, NodeOptions options, TimeProvider time, Random random, ILoggerFactory loggers)
    {
        (_options, _time) = (options, time);
        _left = () => Interlocked.Decrement(ref _connections);
        var log = ports.Log;
        var metrics = new WorkerMetrics(ports.Meter, log.Partitions);
        var calls = new StoreCalls(options.Workers, time, new(random.Next()), loggers.CreateLogger<StoreCalls>());
        var (progress, wheel) = (new HistoryProgress(log.Partitions, time), new TimingWheel(time));
        var (directory, tails) = (new SessionDirectory(), new TailCache());
        var typing = new TypingBoard(directory, chat => _delivery!.Known(chat), wheel, time);
        var answered = new AnsweredChanges(progress, time);
        _pending = NewPending(ports, answered, wheel, loggers);
        _heads = new HeadCoalescer(time);
        _fanOut = new ChatFanOut(directory, tails, _pending, _heads, typing, EndShown);
        _writer = NewWriter(ports, progress, metrics, calls, loggers);
        _rates = new IngestRates(options.Rates, wheel, time);
        _delivery = NewDelivery(ports, progress, metrics, calls, loggers);
        var history = NewReader(ports, tails);
        _trimmer = NewTrimmer(ports, loggers);
        var presence = ports.Presence ?? new InProcessPresenceStore(wheel, time);
        var presenceCalls = new PresenceCalls(time, loggers.CreateLogger<PresenceCalls>());
        var (users, lastSeen) = (ports.Identities.Users, ports.Identities.LastSeen);
        var states = new PresenceStates(presence, users, lastSeen, presenceCalls, time);
        var watches = new PresenceWatches(states, _delivery, directory, presenceCalls, time);
        presence.Listen(watches.Changed);
        var beats = new PresenceBeats(directory, presence, lastSeen, presenceCalls, time);
        var shown = new Shown(directory, typing, beats, watches);
        Revocations = new Revocations(users, directory, shown, time);
        _lineage = NewLineage(ports, (ulong)random.NextInt64(1, long.MaxValue), calls, loggers);
        _services = new SessionServices
        {
            Time = time,
            Seal = new SinceSeal(ports.SinceKey),
            Lineage = _lineage,
            Options = options.Sessions,
            OutboxOptions = options.Outbox,
            OutboxBudget = new OutboxBudget(options.Outbox.NodeBytesMax),
            Limits = LimitsOf(options),
            Wheel = wheel,
            SignIn = new SignIn(ports.Tokens, users, time, loggers.CreateLogger<SignIn>()),
            Drain = new Drain(options.DrainWindow, new Random(random.Next())),
            Ids = ports.Ids,
            Directory = directory,
            Delivery = _delivery,
            Ingest = new CommandIngest(
                options.Ingest, _rates, log, ports.Users, history, _delivery, IsStopped, _pending, ports.Ids, time),
            Rates = _rates,
            Markers = new MarkerBoard(ports.Users, calls, _delivery, directory, time),
            Typing = typing,
            Presence = states,
            Beats = beats,
            Watches = watches,
            Shown = shown,
            Users = ports.Users,
            Identities = ports.Identities,
            History = history,
            Answered = answered,
            Barrier = new History.Barrier(log, progress, _writer.Stopped.ContainsKey, time),
        };
        States = NewStates(ports, calls, loggers);
        NodeMetrics.Observe(ports.Meter, _services, _pending, presenceCalls, () => IsDraining);
    }

    /// <summary>The id of this start in the store's lineage.</summary>
    public ulong StartId => _lineage.Id;

    /// <summary>Whom a token lets in.</summary>
    public SignIn SignIn => _services.SignIn;

    /// <summary>The states in which the node refuses what users ask for.</summary>
    public StateWatch States { get; }

    /// <summary>Takes back what sessions and tokens allow.</summary>
    public Revocations Revocations { get; }

    /// <summary>Ends when the node was stopped, and with the reason when it failed by itself.</summary>
    public Task Completion => _completion.Task;

    /// <summary>What clients are told of the limits.</summary>
    public ReadyLimits SaidLimits => _services.Limits;

    /// <summary>Whether it is going away: nothing new is taken.</summary>
    public bool IsDraining => _services.Drain.IsOn;

    /// <summary>Commands that have no answer yet.</summary>
    public int PendingCommands => _pending.Count;

    /// <summary>Whether a worker met something in the partition that it cannot decide: nothing is taken for it until
    /// the process starts again, with a version that can.</summary>
    public bool IsStopped(int partition) =>
        _writer.Stopped.ContainsKey(partition) || _delivery.Stopped.ContainsKey(partition);

    private HistoryWriter NewWriter(
        NodePorts ports, HistoryProgress progress, WorkerMetrics metrics, StoreCalls calls, ILoggerFactory loggers) =>
        new(ports.Log, ports.History, progress, ports.Rules, HistoryRowsBuilder.Build, _options.Workers, metrics, calls,
            _time, loggers);

    private DeliveryWorker NewDelivery(
        NodePorts ports, HistoryProgress progress, WorkerMetrics metrics, StoreCalls calls, ILoggerFactory loggers) =>
        new(ports.Log, ports.History, progress, ports.Sink(_fanOut), ports.Rules, _options.Workers, metrics, calls,
            _time, loggers)
        {
            Charge = _rates.ChargeRead,
        };

    private PendingCommands NewPending(
        NodePorts ports, AnsweredChanges answered, TimingWheel wheel, ILoggerFactory loggers) => new(
        ports.Log,
        _options.Ingest.NodeInflightMax,
        HasDeliveryStopped,
        answered,
        wheel,
        _time,
        loggers.CreateLogger<PendingCommands>());

    private LogTrimmer NewTrimmer(NodePorts ports, ILoggerFactory loggers) => new(
        ports.Log,
        token => ports.History.FlushAsync(default, token),
        _options.Trim,
        _time,
        loggers.CreateLogger<LogTrimmer>());

    private HistoryReader NewReader(NodePorts ports, TailCache tails) => new(
        ports.History,
        ports.Users,
        ports.Identities.Settings,
        tails,
        _delivery.IsKnownMember,
        _time,
        _rates.ChargeRead);

    private StoreLineage NewLineage(
        NodePorts ports, ulong startId, StoreCalls calls, ILoggerFactory loggers) => new(
        ports.Lineage,
        calls,
        startId,
        TimeSpan.FromDays(_options.Sessions.ResumeDays),
        _time,
        loggers.CreateLogger<StoreLineage>());

    private StateWatch NewStates(NodePorts ports, StoreCalls calls, ILoggerFactory loggers) => new(
        ports.Meter,
        [
            new("failed", () => Completion.IsFaulted ? Ended : null),
            new("draining", () => IsDraining ? "The node is going away." : null),
            new("partition_stopped", StoppedPartitions),
            new("store_away", () => calls.IsAway ? "The history store is away." : null),
            new("clock_off", ports.Ids.Refusal),
            new("commands_full", () => _pending.Refusal),
            .. ports.States,
        ],
        loggers.CreateLogger<StateWatch>());

    private bool HasDeliveryStopped(int partition) => _delivery.Stopped.ContainsKey(partition);

    private string? StoppedPartitions()
    {
        if (_writer.Stopped.Count + _delivery.Stopped.Count == 0) return null;
        var stopped = _writer.Stopped.Keys.Union(_delivery.Stopped.Keys).Order();
        return $"Parts {string.Join(", ", stopped)} of the log have stopped.";
    }

    /// <summary>Notes the start in the store, then starts the loops, from the log outwards.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _lineage.BeginAsync(cancellationToken);
        _pending.Start();
        _rates.Start();
        _services.Typing.Start();
        States.Start(_services.Wheel);
        _loops.Add(RunAsync(_writer.RunAsync));
        _loops.Add(RunAsync(_delivery.RunAsync));
        _loops.Add(RunAsync(_trimmer.RunAsync));
        _loops.Add(RunAsync(_services.Wheel.RunAsync));
        _loops.Add(RunAsync(_services.Markers.RunAsync));
        _loops.Add(RunAsync(_services.Beats.RunAsync));
        _loops.Add(RunAsync(_services.Watches.RunAsync));
        _loops.Add(RunAsync(token => _heads.RunAsync(_fanOut.SayHead, token)));
        _loops.Add(RunAsync(_lineage.RunAsync));
        _isStarted = true;
    }

    /// <summary>A connection of a device; null when the node is full or going away. Whoever opens it disposes it.
    /// </summary>
    public Connection? TryOpen()
    {
        if (!_isStarted || IsDraining || Completion.IsCompleted) return null;
        if (Interlocked.Increment(ref _connections) > _options.Sessions.ConnectionsMax)
        {
            Interlocked.Decrement(ref _connections);
            return null;
        }

        return new Connection(_services, _left);
    }

    /// <summary>A command of a user without a connection, and its terminal answer.</summary>
    public Task<ServerFrame> AskAsync(
        UserId user, ClientFrame command, bool isByServerKey, CancellationToken cancellationToken) =>
        RefusalOf(user) is { } problem
            ? Task.FromResult<ServerFrame>(new ErrorFrame { Problem = problem })
            : SingleRequest.AskAsync(_services, user, command, isByServerKey, cancellationToken);

    /// <summary>
    /// Takes nothing new, finishes what is in flight (within a second and half of the window, at most 5 s), then tells
    /// every connection to come back, spread over the window.
    /// </summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        _services.Drain.Begin();
        _services.Ingest.Drain();
        States.Look();
        if (!Completion.IsCompleted)
        {
            using var finish = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var within = FinishTimeoutMin + (_options.DrainWindow / 2);
            using var timeout = new CancellationTokenSource(
                within < FinishTimeoutMax ? within : FinishTimeoutMax, _time);
            await using var both = timeout.Token.Register(finish.Cancel);
            await _pending.DrainAsync(finish.Token);
        }

        _pending.EndAll();

        // In an order of their own: that of the directory depends on a hash that differs from process to process.
        foreach (var session in _services.Directory.All.OrderBy(static session => session.Id, StringComparer.Ordinal))
            _services.Drain.Dismiss(session.Outbox);
        _services.Drain.DismissUnsigned();
    }

    /// <summary>True once everything that was in the log before the call is in history, but for partitions that
    /// stopped; false when that took more than half a minute.</summary>
    public Task<bool> CatchUpAsync(CancellationToken cancellationToken) =>
        _services.Barrier.PassAsync(cancellationToken);

    /// <summary>Lets clients be told of log times up to this one, durably; by itself the node keeps ahead of its
    /// clock.</summary>
    public Task ReachAsync(long logTimeMs, CancellationToken cancellationToken) =>
        _lineage.ReachAsync(logTimeMs, cancellationToken);

    /// <summary>Stops the loops, the workers last; what they have processed is flushed and committed.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!IsDraining) await DrainAsync(cancellationToken);
        _stopping.Cancel(); // Not CancelAsync, which leaves the context for the thread pool.
        await Task.WhenAll(_loops);
        _completion.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        _stopping.Dispose();
        _lineage.Dispose();
    }

    /// <summary>Somebody left a chat.</summary>
    private void EndShown(ChatId chat, UserId user) => _services.Shown.End(chat, user);

    /// <summary>One loop: its failure ends the node, which takes nothing more from then on.</summary>
    private async Task RunAsync(Func<CancellationToken, Task> loop)
    {
        try
        {
            await Task.Yield();
            await loop(_stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // It was asked to end.
        }
        catch (Exception failure)
        {
            _completion.TrySetException(failure);
            _pending.EndAll();
            States.Look();
        }
    }

    /// <summary>Why the node takes no request by this server key now; null when it does.</summary>
    public Problem? RefusalOf(string serverKey) =>
        Completion.IsCompleted ? Problems.Of(ErrorCode.Unavailable, Ended) : _rates.TakeKeyRequest(serverKey);

    /// <summary>The same of a user's request.</summary>
    public Problem? RefusalOf(UserId user) =>
        Completion.IsCompleted ? Problems.Of(ErrorCode.Unavailable, Ended) : _rates.TakeRequest(user);

    private static ReadyLimits LimitsOf(NodeOptions options) => new()
    {
        FrameBytes = Limits.FrameBytesMax,
        Inflight = options.Ingest.InflightMax,
        SendPerSecond = options.Rates.UserPerSecond,
        BodyBytes = Limits.BodyBytesMax,
        Members = options.Ingest.MembersMax,
    };
}
