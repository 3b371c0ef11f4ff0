namespace LiveChat.Core.Timing;

/// <summary>How loops are run: all at once, all awaited, the first failure ends them all.</summary>
internal static class Loops
{
    /// <summary>Ends without an exception when the token is cancelled, and with that of the first loop that
    /// failed.</summary>
    public static async Task RunAllAsync(
        IEnumerable<Func<CancellationToken, Task>> loops, CancellationToken stoppingToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        Exception? first = null;
        await Task.WhenAll([.. loops.Select(GuardAsync)]);
        if (first is not null)
            throw new WorkerFailedException(first);

        bool IsEnd(Exception e) =>
            stop.IsCancellationRequested && (e.InnerException ?? e) is OperationCanceledException;

        async Task GuardAsync(Func<CancellationToken, Task> loop)
        {
            try
            {
                await loop(stop.Token);
            }
            catch (Exception e) when (IsEnd(e))
            {
                // The edge of the loop: it was asked to end.
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref first, e, null);
                stop.Cancel(); // Not CancelAsync, which leaves the context for the thread pool.
            }
        }
    }

    /// <summary>Calls <paramref name="tick"/> every <paramref name="period"/> until the token is cancelled.</summary>
    public static async Task EveryAsync(
        TimeSpan period, TimeProvider time, Func<CancellationToken, Task> tick, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await tick(stoppingToken);
    }
}

/// <summary>A loop of a worker cannot go on: the host stops.</summary>
internal sealed class WorkerFailedException(Exception cause)
    : Exception("A worker cannot go on: " + cause.Message, cause);
