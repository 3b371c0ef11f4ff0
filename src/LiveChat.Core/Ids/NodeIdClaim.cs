using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Ids;

/// <summary>
/// How a run gets a node id and keeps it, for <see cref="NodeIdLease"/>. Each change replaces exactly the row that was
/// seen, so a change that comes late finds another row and has no effect. In this order a run takes
/// <list type="number">
/// <item>the id of the former run in the same data folder, from its high-water mark on: the folder's lock says that the
/// former run has ended;</item>
/// <item>an id that a run of the same name gave back, or whose time has passed;</item>
/// <item>an id that nobody ever held;</item>
/// <item>the id of another name that was given back or whose time has passed, the longest ago first.</item>
/// </list>
/// Otherwise it waits for the end of a range. One caller at a time.
/// </summary>
/// <param name="store">The rows.</param>
/// <param name="clock">Whether the node's clock may be used.</param>
/// <param name="incarnation">The random id of this run.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Chance, for pauses and for the choice among free ids.</param>
/// <param name="logger">The log.</param>
internal sealed partial class NodeIdClaim(
    INodeIdStore store,
    NodeClock clock,
    Guid incarnation,
    TimeProvider time,
    Random random,
    ILogger<NodeIdClaim> logger)
{
    private const int Nodes = 1 << Snowflake.NodeBits;
    private const int FirstPauseMs = 50;
    private const int PauseMsMax = 5_000;
    private const int DoublingsMax = 7;

    /// <summary>The random id of this run.</summary>
    public Guid Incarnation => incarnation;

    /// <summary>Takes an id; waits while the store is away, the clock is off or no id is free.</summary>
    /// <param name="name">The stable name of the node.</param>
    /// <param name="mark">The high-water mark of the former run in the same folder.</param>
    /// <param name="cancellationToken">Gives up; an id that was taken meanwhile stays unused until its time has passed.
    /// </param>
    public async Task<HeldNodeId> TakeAsync(string name, HighWater? mark, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                if (await TryTakeAsync(name, mark, cancellationToken) is { } held) return held;
            }
            catch (NodeIdStoreException e)
            {
                LogAway(e);
            }

            await PauseAsync(attempt, cancellationToken);
        }
    }

    private async ValueTask<HeldNodeId?> TryTakeAsync(
        string name, HighWater? mark, CancellationToken cancellationToken)
    {
        await clock.CheckAsync(cancellationToken);
        if (clock.Refusal() is { } off)
        {
            LogClockOff(off);
            return null;
        }

        var rows = await store.ReadAllAsync(cancellationToken);
        if (Choose(rows, name, mark) is not var (former, id, floorMs))
        {
            LogNoneFree(rows.Count);
            return null;
        }

        var untilMs = Math.Max(floorMs, NowMs() + (long)NodeIdLease.Ahead.TotalMilliseconds);
        var wanted = new NodeIdRow(id, name, incarnation, untilMs);
        return await ReplaceAsync(former, wanted, cancellationToken) is { } row ? new HeldNodeId(row, floorMs) : null;
    }

    /// <summary>
    /// Replaces a row and finds out what became of it, however long the store is away. Returns the row as it is now;
    /// null when another run has changed it.
    /// </summary>
    public async Task<NodeIdRow?> ReplaceAsync(NodeIdRow? former, NodeIdRow row, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                if (await store.TryReplaceAsync(former, row, cancellationToken)) return row;

                // Refused: by another run's row, or by what an earlier attempt of this run left behind.
                var found = await store.ReadAsync(row.Id, cancellationToken);
                if (found == row) return row;
                if (found != former && found?.Incarnation != incarnation) return null;
                former = found; // Stale, or the row of an attempt that this run gave up.
            }
            catch (NodeIdStoreException e)
            {
                LogAway(e);
            }

            await PauseAsync(attempt, cancellationToken);
        }
    }

    /// <summary>The row to replace, the id, and the time from which ids may be issued; null when no id is free.
    /// </summary>
    private (NodeIdRow? Former, int Id, long FloorMs)? Choose(
        IReadOnlyList<NodeIdRow> rows, string name, HighWater? mark)
    {
        // What a generator may borrow is no wait.
        var endedMs = NowMs() + (long)SnowflakeGenerator.BorrowMax.TotalMilliseconds;
        var own = rows.FirstOrDefault(row => row.Id == mark?.Node && row.Incarnation == mark?.Incarnation);
        if (own is not null && mark!.Value.MarkMs <= endedMs) return (own, own.Id, mark.Value.MarkMs);
        if (rows.Where(row => row.UntilMs <= endedMs && row.Name == name).MinBy(static row => row.UntilMs) is { } named)
            return (named, named.Id, named.UntilMs);
        int[] unused = [.. Enumerable.Range(0, Nodes).Except(rows.Select(static row => row.Id))];
        if (unused.Length > 0) return (null, unused[random.Next(unused.Length)], 0);
        return rows.Where(row => row.UntilMs <= endedMs).MinBy(static row => row.UntilMs) is { } ended
            ? (ended, ended.Id, ended.UntilMs)
            : null;
    }

    private Task PauseAsync(int attempt, CancellationToken cancellationToken)
    {
        var most = Math.Min(PauseMsMax, FirstPauseMs << Math.Min(attempt, DoublingsMax));
        return Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, most + 1)), time, cancellationToken);
    }

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();

    [LoggerMessage(7024, LogLevel.Debug, "The store of node ids is away, or did not say what became of a change.")]
    private partial void LogAway(Exception exception);

    [LoggerMessage(7025, LogLevel.Warning,
        "All {Count} node ids are held. This node waits until the range of one has ended.")]
    private partial void LogNoneFree(int count);

    [LoggerMessage(7026, LogLevel.Warning, "This node waits before it takes a node id. {Reason}")]
    private partial void LogClockOff(string reason);
}

/// <summary>A node id that this run holds.</summary>
/// <param name="Row">The row.</param>
/// <param name="FloorMs">Every id that was issued under it before has a time below this one.</param>
internal readonly record struct HeldNodeId(NodeIdRow Row, long FloorMs);
