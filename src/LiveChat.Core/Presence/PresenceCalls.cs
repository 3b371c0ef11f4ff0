using LiveChat.Core.History;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Presence;

/// <summary>
/// Calls of the stores that presence needs. Presence is lost before anything else: whatever such a call throws, and
/// one that takes longer than 2 s, is only away for the caller. It is never repeated here, and never ends a node or a
/// connection. Any thread. Full (1,024 calls that have not ended, whoever has given them up) means away too.
/// </summary>
internal sealed partial class PresenceCalls(TimeProvider time, ILogger<PresenceCalls> logger)
{
    private const int UnderWayMax = 1_024;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(10);

    private int _underWay;
    private long _failures;
    private long _saidAt = time.GetTimestamp() - time.TimestampFrequency * (long)SayEvery.TotalSeconds;

    /// <summary>What was lost since the node began.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>The answer.</summary>
    /// <exception cref="HistoryUnavailableException">There is none.</exception>
    public async ValueTask<T> AskAsync<T>(
        Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Timeout, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await RunAsync(call, ending.Token).WaitAsync(Timeout, time, cancellationToken);
        }
        catch (Exception failure)
        {
            ending.Cancel(); // Whoever was given up is told so. Not CancelAsync, which leaves the context.
            cancellationToken.ThrowIfCancellationRequested();
            Say(failure);
            throw new HistoryUnavailableException("Presence is away.", failure);
        }
    }

    /// <summary>Whether the call is known to have had its effect.</summary>
    public async ValueTask<bool> TryAsync(
        Func<CancellationToken, ValueTask> call, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(
                async token =>
                {
                    await call(token);
                    return true;
                },
                cancellationToken);
        }
        catch (HistoryUnavailableException)
        {
            return false;
        }
    }

    /// <summary>Counts what was lost, and says it to the log; seldom, since a store that is away fails every call.
    /// </summary>
    public void Say(Exception failure)
    {
        Interlocked.Increment(ref _failures);
        var saidAt = Volatile.Read(ref _saidAt);
        if (time.GetElapsedTime(saidAt) >= SayEvery
            && Interlocked.CompareExchange(ref _saidAt, time.GetTimestamp(), saidAt) == saidAt)
            LogAway(failure);
    }

    private async Task<T> RunAsync<T>(
        Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _underWay) > UnderWayMax) throw new TimeoutException("Too many calls hang.");
            return await call(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    [LoggerMessage(EventId = 6000, Level = LogLevel.Warning, Message = "A store of presence is away.")]
    private partial void LogAway(Exception exception);
}
