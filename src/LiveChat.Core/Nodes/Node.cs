using LiveChat.Core.FanOut;
using LiveChat.Core.History;
using LiveChat.Core.Ingest;
using LiveChat.Core.Log;
using LiveChat.Core.Presence;
using LiveChat.Core.Sequencing;
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
    private readonly Action _left;
    private int _connections;

    public Node(NodePorts ports, NodeOptions options, TimeProvider time, Random random, ILoggerFactory loggers)
    {
        (_options, _time) = (options, time);
        _left = () => Interlocked.Decrement(ref _connections);
        var log = ports.Log;
        var metrics = new WorkerMetrics(ports.Meter, log.Partitions);
        var calls = new StoreCalls(options.Workers, time, random, loggers.CreateLogger<StoreCalls>());
        var progress = new HistoryProgress(log.Partitions, time);
        var wheel = new TimingWheel(time);
        var directory = new SessionDirectory();
        var tails = new TailCache();
        var typing = new TypingBoard(directory, chat => _delivery!.Known(chat), wheel, time);
        _pending = new PendingCommands(log, options.Ingest, wheel, time);
        _heads = new HeadCoalescer(time);
        _fanOut = new ChatFanOut(directory, tails, _pending, _heads, typing);
        _writer = new HistoryWriter(
            log, ports.History, progress, ports.Rules, HistoryRowsBuilder.Build, options.Workers, metrics, calls,
            time, loggers);
        _delivery = new DeliveryWorker(
            log, ports.History, progress, ports.Sink(_fanOut), ports.Rules, options.Workers, metrics, calls, time,
            loggers);
        var history = new HistoryReader(
            ports.History, ports.Users, ports.Identities.Settings, tails, progress, time);
        _trimmer = new LogTrimmer(
            log, ports.History.FlushAsync, options.Trim, time, loggers.CreateLogger<LogTrimmer>());
        _rates = new IngestRates(options.Rates, wheel, time);
        Revocations = new Revocations(ports.Identities.Users, directory, time);
        var presence = ports.Presence ?? new InProcessPresenceStore(wheel, time);
        var lastSeen = ports.Identities.LastSeen;
        var presenceCalls = new PresenceCalls(time, loggers.CreateLogger<PresenceCalls>());
        var states = new PresenceStates(presence, ports.Identities.Users, lastSeen, presenceCalls, time);
        var watches = new PresenceWatches(states, _delivery, directory, presenceCalls, time);
        presence.Listen(watches.Changed);
        _services = new SessionServices
        {
            Time = time,
            Options = options.Sessions,
            OutboxOptions = options.Outbox,
            OutboxBudget = new OutboxBudget(options.Outbox.NodeBytesMax),
            Limits = LimitsOf(options),
            Wheel = wheel,
            SignIn = new SignIn(ports.Tokens, ports.Identities.Users, time),
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
            Beats = new PresenceBeats(directory, presence, lastSeen, presenceCalls, time),
            Watches = watches,
            Users = ports.Users,
            Identities = ports.Identities,
            History = history,
            Barrier = new History.Barrier(log, progress, _writer.Stopped.ContainsKey, time),
        };
        NodeMetrics.Observe(ports.Meter, _services, _pending, presenceCalls, () => IsDraining);
    }

    /// <summary>Whom a token lets in.</summary>
    public SignIn SignIn => _services.SignIn;

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

    /// <summary>Starts the loops, from the log outwards.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _pending.Start();
        _rates.Start();
        _services.Typing.Start();
        _loops.Add(RunAsync(_writer.RunAsync));
        _loops.Add(RunAsync(_delivery.RunAsync));
        _loops.Add(RunAsync(_trimmer.RunAsync));
        _loops.Add(RunAsync(_services.Wheel.RunAsync));
        _loops.Add(RunAsync(_services.Markers.RunAsync));
        _loops.Add(RunAsync(_services.Beats.RunAsync));
        _loops.Add(RunAsync(_services.Watches.RunAsync));
        _loops.Add(RunAsync(token => _heads.RunAsync(_fanOut.SayHead, token)));
        return Task.CompletedTask;
    }

    /// <summary>A connection of a device; null when the node is full or going away. Whoever opens it disposes it.
    /// </summary>
    public Connection? TryOpen()
    {
        if (IsDraining || Completion.IsCompleted) return null;
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
        using (var finish = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            var within = FinishTimeoutMin + (_options.DrainWindow / 2);
            using var timeout = new CancellationTokenSource(
                within < FinishTimeoutMax ? within : FinishTimeoutMax, _time);
            await using var both = timeout.Token.Register(finish.Cancel);
            await _pending.DrainAsync(finish.Token);
        }

        // In an order of their own: that of the directory depends on a hash that differs from process to process.
        foreach (var session in _services.Directory.All.OrderBy(static session => session.Id, StringComparer.Ordinal))
            _services.Drain.Dismiss(session.Outbox);
        _services.Drain.DismissUnsigned();
    }

    /// <summary>True once everything that was in the log before the call is in history, but for partitions that
    /// stopped; false when that took more than half a minute.</summary>
    public Task<bool> CatchUpAsync(CancellationToken cancellationToken) =>
        _services.Barrier.PassAsync(cancellationToken);

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
    }

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
        }
    }

    /// <summary>Why the node takes no request by this server key now; null when it does.</summary>
    public Problem? RefusalOf(string serverKey) =>
        Completion.IsCompleted ? Problems.Of(ErrorCode.Unavailable) : _rates.TakeKeyRequest(serverKey);

    /// <summary>The same of a user's request.</summary>
    public Problem? RefusalOf(UserId user) =>
        Completion.IsCompleted ? Problems.Of(ErrorCode.Unavailable) : _rates.TakeRequest(user);

    private static ReadyLimits LimitsOf(NodeOptions options) => new()
    {
        FrameBytes = Limits.FrameBytesMax,
        Inflight = options.Ingest.InflightMax,
        SendPerSecond = options.Rates.UserPerSecond,
        BodyBytes = Limits.BodyBytesMax,
        Members = options.Ingest.MembersMax,
    };
}
