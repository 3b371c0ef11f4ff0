using LiveChat.Core.Timing;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Ids;

/// <summary>
/// The node id that this run holds, and how far it may issue ids. A row of <see cref="INodeIdStore"/> says who holds
/// the id and up to which time: nothing at or above that time is issued before the row says a later one, and who takes
/// the id over begins at that time. So two runs that both believe to hold an id never issue the same one, whatever
/// their clocks say.
/// <para>The row is 20 minutes ahead and is raised when less than 15 are left, so that ten minutes without the store
/// stop no node. Issuing asks nobody: the generator gets a step of 4 s at a time, which the high-water mark notes
/// first.</para>
/// <para>One loop runs <see cref="RunAsync"/>; the generator calls in from any thread, one at a time; the loop
/// publishes what it knows, as single fields.</para>
/// </summary>
internal sealed partial class NodeIdLease
{
    /// <summary>How far ahead of the clock the row is set.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromMinutes(20);

    /// <summary>The row is raised when less than this is left.</summary>
    public static readonly TimeSpan RaiseBelow = TimeSpan.FromMinutes(15);

    /// <summary>What the generator gets at a time; less than a generator may borrow.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(4);

    /// <summary>What it gets while its ids are ahead of the clock: a node that crashes again and again within seconds
    /// must not run ahead by a step each time.</summary>
    private static readonly TimeSpan SmallStep = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the clock and the row are looked at.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>How long an orderly end tries to give the id back.</summary>
    public static readonly TimeSpan ReleaseMax = TimeSpan.FromSeconds(3);

    private readonly NodeIdClaim _claim;
    private readonly NodeClock _clock;
    private readonly IHighWater? _highWater;
    private readonly TimeProvider _time;
    private readonly ILogger<NodeIdLease> _logger;
    private NodeIdRow _row;
    private long _untilMs;
    private bool _isLost;

    private NodeIdLease(
        NodeIdClaim claim, NodeClock clock, HeldNodeId held, IHighWater? highWater, TimeProvider time,
        ILogger<NodeIdLease> logger)
    {
        (_claim, _clock, _highWater, _time, _logger) = (claim, clock, highWater, time, logger);
        (_row, _untilMs) = (held.Row, held.Row.UntilMs);
        Generator = new SnowflakeGenerator(held.Row.Id, held.FloorMs, Extend, time);
    }

    /// <summary>Issues the ids of this node.</summary>
    public SnowflakeGenerator Generator { get; }

    /// <summary>The node id.</summary>
    public int Node => _row.Id;

    /// <summary>Takes a node id for a run; waits while the store is away, the clock is off or no id is free.</summary>
    /// <param name="store">The rows.</param>
    /// <param name="highWater">The mark of the former run; null without a folder.</param>
    /// <param name="name">The stable name of the node.</param>
    /// <param name="incarnation">The random id of this run.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">For one caller at a time.</param>
    /// <param name="loggers">The logs.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The high-water mark cannot be written.</exception>
    public static async Task<NodeIdLease> TakeAsync(
        INodeIdStore store,
        IHighWater? highWater,
        string name,
        Guid incarnation,
        TimeProvider time,
        Random random,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var clock = new NodeClock(store, time);
        var claim = new NodeIdClaim(store, clock, incarnation, time, random, loggers.CreateLogger<NodeIdClaim>());
        var held = await claim.TakeAsync(name, highWater?.Read(), cancellationToken);

        // At once: a crash before the first id must not cost an id for 20 minutes.
        highWater?.Write(new HighWater(held.Row.Id, incarnation, held.FloorMs));
        return new NodeIdLease(claim, clock, held, highWater, time, loggers.CreateLogger<NodeIdLease>());
    }

    /// <summary>Why no id is issued now; null when ids are.</summary>
    public string? Refusal()
    {
        if (_clock.Refusal() is { } off) return off;
        var untilMs = Volatile.Read(ref _untilMs);
        if (NowMs() < untilMs) return null;
        return Volatile.Read(ref _isLost)
            ? $"Another node took the node id {Node} over, and the time up to which this node may issue ids has "
                + "passed: restart this node."
            : "The time up to which this node may issue ids has passed, and the store of node ids does not raise it.";
    }

    /// <summary>Looks at the clock and raises the row until it is stopped.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Loops.EveryAsync(Interval, _time, LookAsync, cancellationToken);

    /// <summary>Ends the issuing for good and gives the rest of the range back. Without an answer of the store the
    /// next run begins at the high-water mark.</summary>
    public async Task ReleaseAsync()
    {
        var floorMs = Math.Min(Generator.Stop(), _row.UntilMs);
        try
        {
            _highWater?.Write(new HighWater(Node, _claim.Incarnation, floorMs));
        }
        catch (IOException e)
        {
            LogMarkNotWritten(e); // The mark that is there is higher, which is safe.
        }

        using var limit = new CancellationTokenSource(ReleaseMax, _time);
        try
        {
            if (!_isLost)
                await _claim.ReplaceAsync(_row, _row with { Incarnation = null, UntilMs = floorMs }, limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            LogNotReleased(Node);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _clock.CheckAsync(cancellationToken);
            if (_clock.Refusal() is not null || _isLost) return;
            if (_untilMs - NowMs() >= (long)RaiseBelow.TotalMilliseconds) return;
        }
        catch (NodeIdStoreException e)
        {
            LogAway(e);
            return;
        }

        var raised = _row with { UntilMs = NowMs() + (long)Ahead.TotalMilliseconds };
        if (await _claim.ReplaceAsync(_row, raised, cancellationToken) is { } row)
        {
            _row = row;
            Volatile.Write(ref _untilMs, row.UntilMs);
        }
        else
        {
            Volatile.Write(ref _isLost, true);
            LogLost(Node);
        }
    }

    /// <summary>The generator's limit, once it is noted: called for the first id at or above the former one.</summary>
    private long Extend(long wantedMs)
    {
        if (Refusal() is { } refusal) throw new IdUnavailableException(refusal);
        var limitMs = Math.Min(
            Math.Max(NowMs() + (long)Step.TotalMilliseconds, wantedMs + (long)SmallStep.TotalMilliseconds),
            Volatile.Read(ref _untilMs));
        if (limitMs <= wantedMs) return limitMs;
        try
        {
            _highWater?.Write(new HighWater(Node, _claim.Incarnation, limitMs));
        }
        catch (IOException e)
        {
            throw new IdUnavailableException("The high-water mark of the ids cannot be written.", e);
        }

        return limitMs;
    }

    private long NowMs() => _time.GetUtcNow().ToUnixTimeMilliseconds();

    [LoggerMessage(7020, LogLevel.Debug, "The store of node ids is away; trying again.")]
    private partial void LogAway(Exception exception);

    [LoggerMessage(7021, LogLevel.Critical,
        "Another node took the node id {Node} over. This node issues ids until its time has passed, and none then: "
        + "restart it.")]
    private partial void LogLost(int node);

    [LoggerMessage(7022, LogLevel.Warning,
        "The node id {Node} could not be given back. Without its data folder this node takes another one.")]
    private partial void LogNotReleased(int node);

    [LoggerMessage(7023, LogLevel.Warning, "The high-water mark could not be written at the end.")]
    private partial void LogMarkNotWritten(Exception exception);
}
