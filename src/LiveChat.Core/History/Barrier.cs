using LiveChat.Core.Log;
using LiveChat.Core.Timing;

namespace LiveChat.Core.History;

/// <summary>
/// The one primitive for <em>everything up to now is in history</em>: asks for the ends of all partitions after the
/// call, the log or the owners, then waits until history has passed them. One asking serves all who came before it
/// began, and a node asks at most <see cref="AsksPerSecondMax"/> times a second. A partition that has stopped is left
/// out, and named: the caller keeps its position there, and asks again once the partition goes on. Any thread may
/// call; the lock keeps the round that has not begun yet.
/// </summary>
/// <param name="readEndsAsync">Reads what history has to pass in each partition; it repeats what fails.</param>
/// <param name="progress">How far history is.</param>
/// <param name="hasStopped">Whether history goes no further in a partition.</param>
/// <param name="time">The clock.</param>
internal sealed class Barrier(
    Func<CancellationToken, Task<IReadOnlyDictionary<int, Position>>> readEndsAsync,
    HistoryProgress progress,
    Func<int, bool> hasStopped,
    TimeProvider time)
{
    /// <summary>How long it takes at most to see that a partition has stopped that was waited for.</summary>
    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(1);

    public const int AsksPerSecondMax = 4;

    /// <summary>How long a round waits for history; who has more patience comes again.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>One that asks the log for its ends.</summary>
    public Barrier(IMessageLog log, HistoryProgress progress, Func<int, bool> hasStopped, TimeProvider time)
        : this(token => EndsAsync(log, time, token), progress, hasStopped, time)
    {
    }

    private readonly Lock _lock = new();
    private TaskCompletionSource<IReadOnlyCollection<int>?>? _next;
    private long? _lastAsked;

    /// <summary>
    /// True once everything that was in the log when the call came is in history, but for partitions that stopped;
    /// false when history has not got that far, or the log has not answered, within <see cref="Patience"/>.
    /// </summary>
    public async Task<bool> PassAsync(CancellationToken cancellationToken) =>
        await LeftOutAsync(cancellationToken) is not null;

    /// <summary>The same; gives the partitions that were left out, or null when it has not passed.</summary>
    public async Task<IReadOnlyCollection<int>?> LeftOutAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<IReadOnlyCollection<int>?> round;
        bool leads;
        lock (_lock)
        {
            leads = _next is null;
            round = _next ??= new TaskCompletionSource<IReadOnlyCollection<int>?>(
                TaskCreationOptions.RunContinuationsAsynchronously);
        }

        if (!leads)
            return await round.Task.InContextAsync().WaitAsync(cancellationToken);

        // Whoever came first runs the round for all, so it goes on when that caller has gone.
        var run = RunAsync(round);
        await run.WaitAsync(cancellationToken);
        return await round.Task;
    }

    private async Task RunAsync(TaskCompletionSource<IReadOnlyCollection<int>?> round)
    {
        try
        {
            await SpaceAsync();
            lock (_lock)
            {
                _next = null;
                _lastAsked = time.GetTimestamp();
            }

            round.SetResult(await PassEndsAsync());
        }
        catch (Exception e)
        {
            // The log failed: each of the waiting callers is told. No round is left behind that nobody runs.
            lock (_lock)
            {
                if (_next == round)
                    _next = null;
            }

            round.SetException(e);
        }
    }

    private async Task SpaceAsync()
    {
        if (_lastAsked is not { } last)
            return;
        var left = TimeSpan.FromSeconds(1.0 / AsksPerSecondMax) - time.GetElapsedTime(last);
        if (left > TimeSpan.Zero)
            await Task.Delay(left, time, CancellationToken.None);
    }

    /// <summary>A log that does not answer is asked again.</summary>
    private static async Task<IReadOnlyDictionary<int, Position>> EndsAsync(
        IMessageLog log, TimeProvider time, CancellationToken cancellationToken)
    {
        int[] all = [.. Enumerable.Range(0, log.Partitions)];
        while (true)
        {
            try
            {
                var ranges = await log.RangesAsync(all, cancellationToken);
                return ranges.ToDictionary(static one => one.Key, static one => one.Value.End);
            }
            catch (LogUnavailableException)
            {
                await Task.Delay(LookAfter, time, cancellationToken);
            }
        }
    }

    private async Task<IReadOnlyCollection<int>?> PassEndsAsync()
    {
        using var limit = new CancellationTokenSource(Patience, time);
        var leftOut = new List<int>();
        try
        {
            foreach (var (partition, end) in await readEndsAsync(limit.Token))
                if (!await PassEndAsync(partition, end, limit.Token)) leftOut.Add(partition);
            return leftOut;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>False when the partition has stopped.</summary>
    private async Task<bool> PassEndAsync(int partition, Position end, CancellationToken cancellationToken)
    {
        while (!hasStopped(partition))
            if (await progress.WaitAsync(partition, end, LookAfter, cancellationToken)) return true;
        return false;
    }
}
