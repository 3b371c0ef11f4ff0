using LiveChat.Core.Log;
using LiveChat.Core.Timing;

namespace LiveChat.Core.History;

/// <summary>
/// The one primitive for <em>everything up to now is in history</em>: asks the log for the ends of all partitions
/// after the call, then waits until history has passed them. One asking serves all who came before it began, and a
/// node asks at most <see cref="AsksPerSecondMax"/> times a second. A partition that has stopped is left out: history
/// has all of it that it will get in this process, and what stands behind its stop is not lost, since the position to
/// resume from stays before it (<c>DeliveryWorker.HandedTimeMs</c>). Any thread may call; the lock
/// keeps the round that has not begun yet.
/// </summary>
/// <param name="log">The log.</param>
/// <param name="progress">How far history is.</param>
/// <param name="hasStopped">Whether history goes no further in a partition.</param>
/// <param name="time">The clock.</param>
internal sealed class Barrier(
    IMessageLog log, HistoryProgress progress, Func<int, bool> hasStopped, TimeProvider time)
{
    /// <summary>How long it takes at most to see that a partition has stopped that was waited for.</summary>
    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(1);

    public const int AsksPerSecondMax = 4;

    /// <summary>How long a round waits for history; who has more patience comes again.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private TaskCompletionSource<bool>? _next;
    private long? _lastAsked;

    /// <summary>
    /// True once everything that was in the log when the call came is in history, but for partitions that stopped;
    /// false when history has not got that far, or the log has not answered, within <see cref="Patience"/>.
    /// </summary>
    public async Task<bool> PassAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<bool> round;
        bool leads;
        lock (_lock)
        {
            leads = _next is null;
            round = _next ??= new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        if (!leads)
            return await round.Task.InContextAsync().WaitAsync(cancellationToken);

        // Whoever came first runs the round for all, so it goes on when that caller has gone.
        var run = RunAsync(round);
        await run.WaitAsync(cancellationToken);
        return await round.Task;
    }

    private async Task RunAsync(TaskCompletionSource<bool> round)
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
    private async Task<IReadOnlyDictionary<int, LogRange>> RangesAsync(CancellationToken cancellationToken)
    {
        int[] all = [.. Enumerable.Range(0, log.Partitions)];
        while (true)
        {
            try
            {
                return await log.RangesAsync(all, cancellationToken);
            }
            catch (LogUnavailableException)
            {
                await Task.Delay(LookAfter, time, cancellationToken);
            }
        }
    }

    private async Task<bool> PassEndsAsync()
    {
        using var limit = new CancellationTokenSource(Patience, time);
        try
        {
            foreach (var (partition, range) in await RangesAsync(limit.Token))
                while (!hasStopped(partition)
                    && !await progress.WaitAsync(partition, range.End, LookAfter, limit.Token))
                {
                    // The limit ends it.
                }

            return true;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return false;
        }
    }
}
