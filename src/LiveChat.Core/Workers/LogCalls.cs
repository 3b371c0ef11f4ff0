using System.Collections.Concurrent;
using LiveChat.Core.Log;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Workers;

/// <summary>
/// The one place that decides what a log that does not answer means to a worker: it waits and asks again, without an
/// end, and says so. A log that has failed is another thing: that exception goes on. Any thread; the lock keeps the
/// source of chance.
/// </summary>
internal sealed partial class LogCalls(TimeProvider time, Random random, ILogger<LogCalls> logger)
{
    private const int FirstPauseMs = 50;
    private const int DoublingsMax = 7;
    private const int PauseMsMax = 5000;

    /// <summary>For how long a call is repeated before the log counts as away.</summary>
    private static readonly TimeSpan AwayAfter = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, (string Reason, long Since)> _failing = new();

    /// <summary>What the log has not done for a while, and why; null while it does everything.</summary>
    public string? Refusal
    {
        get
        {
            string[] away =
            [
                .. _failing.Where(one => time.GetElapsedTime(one.Value.Since) >= AwayAfter)
                    .OrderBy(static one => one.Key, StringComparer.Ordinal)
                    .Select(static one => $"{one.Key}: {one.Value.Reason}"),
            ];
            return away.Length == 0 ? null : $"The log does not answer ({string.Join(' ', away)}).";
        }
    }

    /// <summary>Asks until there is an answer, with a pause that doubles from 50 ms to 5 s and full jitter.</summary>
    /// <param name="what">Who asks for what, in a few words.</param>
    /// <param name="ask">What is asked.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    public async ValueTask<T> RepeatAsync<T>(
        string what, Func<CancellationToken, ValueTask<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    return await ask(cancellationToken);
                }
                catch (LogUnavailableException e)
                {
                    Note(what, e);
                }

                await Task.Delay(PauseOf(attempt), time, cancellationToken);
            }
        }
        finally
        {
            Clear(what);
        }
    }

    /// <summary>One attempt; false when there was no answer: whoever asked comes again.</summary>
    public async Task<bool> TryAsync(
        string what, Func<CancellationToken, Task> act, CancellationToken cancellationToken)
    {
        try
        {
            await act(cancellationToken);
            Clear(what);
            return true;
        }
        catch (LogUnavailableException e)
        {
            Note(what, e);
            return false;
        }
    }

    private TimeSpan PauseOf(int attempt)
    {
        var most = Math.Min(PauseMsMax, FirstPauseMs << Math.Min(attempt, DoublingsMax));
        lock (_lock)
            return TimeSpan.FromMilliseconds(random.Next(1, most + 1));
    }

    private void Note(string what, LogUnavailableException away)
    {
        if (_failing.TryAdd(what, (away.Message, time.GetTimestamp()))) LogAway(what, away.Message);
    }

    private void Clear(string what)
    {
        if (_failing.TryRemove(what, out _)) LogBack(what);
    }

    [LoggerMessage(EventId = 4004, Level = LogLevel.Warning,
        Message = "The log does not answer ({What}); it is asked again: {Reason}")]
    private partial void LogAway(string what, string reason);

    [LoggerMessage(EventId = 4005, Level = LogLevel.Information, Message = "The log answers again ({What}).")]
    private partial void LogBack(string what);
}
