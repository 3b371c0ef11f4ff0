using LiveChat.Core.History;
using LiveChat.Core.Timing;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Workers;

/// <summary>
/// The one place that decides what a failing store means to a worker: a transient failure is repeated, with a pause
/// that doubles from 50 ms to 5 s and full jitter, without an end. At any other failure the exception goes on and stops
/// the host. Completes without a task when the store does.
/// Any thread; the lock keeps the source of chance.
/// </summary>
internal sealed partial class StoreCalls(
    WorkerOptions options, TimeProvider time, Random random, ILogger<StoreCalls> logger)
{
    private const int FirstPauseMs = 50;
    private const int DoublingsMax = 7;
    private const int PauseMsMax = 5000;
    private static readonly TimeSpan AttemptMax = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly ReadSlots _reads = new(options.ReadsAtOnce);
    private int _failing;

    /// <summary>Whether a call is repeated at this moment, since the store is away.</summary>
    public bool IsAway => Volatile.Read(ref _failing) > 0;

    /// <summary>A read; no more than <see cref="WorkerOptions.ReadsAtOnce"/> run at the same time. Takes its argument
    /// apart, so that a read that needs no waiting needs no closure either.</summary>
    public async ValueTask<T> ReadAsync<TArgument, T>(
        TArgument argument,
        Func<TArgument, CancellationToken, ValueTask<T>> read,
        CancellationToken cancellationToken)
    {
        var isFailing = false;
        try
        {
            for (var attempt = 0; ; attempt++)
            {
                await _reads.EnterAsync(cancellationToken);
                try
                {
                    return await read(argument, cancellationToken);
                }
                catch (HistoryUnavailableException e)
                {
                    Note(ref isFailing);
                    LogRepeat(e);
                }
                finally
                {
                    _reads.Leave();
                }

                await PauseAsync(attempt, cancellationToken);
            }
        }
        finally
        {
            if (isFailing) Interlocked.Decrement(ref _failing);
        }
    }

    /// <summary>A read that somebody can do without: one attempt, of a second at most.</summary>
    public async ValueTask<T> TryReadAsync<TArgument, T>(
        TArgument argument,
        Func<TArgument, CancellationToken, ValueTask<T>> read,
        T without,
        CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(AttemptMax, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _reads.EnterAsync(ending.Token);
            try
            {
                return await Waiting.InContextAsync(read(argument, ending.Token)).WaitAsync(ending.Token);
            }
            finally
            {
                _reads.Leave();
            }
        }
        catch (HistoryUnavailableException e)
        {
            LogWithout(e);
            return without;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return without;
        }
    }

    /// <summary>A write or a flush, which may be repeated as often as need be.</summary>
    public async ValueTask WriteAsync(Func<CancellationToken, ValueTask> write, CancellationToken cancellationToken)
    {
        var isFailing = false;
        try
        {
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    await write(cancellationToken);
                    return;
                }
                catch (HistoryUnavailableException e)
                {
                    Note(ref isFailing);
                    LogRepeat(e);
                }

                await PauseAsync(attempt, cancellationToken);
            }
        }
        finally
        {
            if (isFailing) Interlocked.Decrement(ref _failing);
        }
    }

    private void Note(ref bool isFailing)
    {
        if (!isFailing) Interlocked.Increment(ref _failing);
        isFailing = true;
    }

    private Task PauseAsync(int attempt, CancellationToken cancellationToken)
    {
        var most = Math.Min(PauseMsMax, FirstPauseMs << Math.Min(attempt, DoublingsMax));
        int pause;
        lock (_lock)
            pause = random.Next(1, most + 1);
        return Task.Delay(TimeSpan.FromMilliseconds(pause), time, cancellationToken);
    }

    [LoggerMessage(EventId = 4000, Level = LogLevel.Debug, Message = "The history store is away; trying again.")]
    private partial void LogRepeat(Exception exception);

    [LoggerMessage(EventId = 4003, Level = LogLevel.Warning, Message = "The history store is away; going on without.")]
    private partial void LogWithout(Exception exception);
}
