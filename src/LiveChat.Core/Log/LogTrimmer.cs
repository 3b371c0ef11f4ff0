using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Log;

/// <summary>
/// Trims from the log what both consumer groups have processed <i>and</i> is older than the retention, never by
/// time alone: what somebody still needs stays however old it is. Where only ticks are left before what is needed, they
/// go however young they are. What the history-writers committed may not be
/// durable on its own (the embedded store repeats it from the log after a crash), so history is flushed between
/// reading the commits and trimming. One loop, run by the host; a request of each kind for all partitions.
/// </summary>
/// <param name="log">The log.</param>
/// <param name="groups">Every group that needs what it has not processed.</param>
/// <param name="partitions">The partitions that this node trims.</param>
/// <param name="ticksOf">The ticks at the end of what history has of a partition; null when that is not known.</param>
/// <param name="flushHistory">Makes durable what history has.</param>
/// <param name="options">How long records are kept.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Hears what was trimmed.</param>
internal sealed partial class LogTrimmer(
    IMessageLog log,
    IReadOnlyList<IPartitionReader> groups,
    Func<IReadOnlyCollection<int>> partitions,
    Func<int, TickRun?> ticksOf,
    Func<CancellationToken, ValueTask> flushHistory,
    LogTrimmerOptions options,
    TimeProvider time,
    ILogger<LogTrimmer> logger)
{
    /// <summary>Trims once a period until cancelled; what cannot be trimmed now is left for the next turn.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(options.Period, time, cancellationToken);
            try
            {
                await TrimAsync(cancellationToken);
            }
            catch (LogUnavailableException e)
            {
                TrimPostponed(logger, e.Message);
            }
        }
    }

    /// <summary>Trims every partition now.</summary>
    public async Task TrimAsync(CancellationToken cancellationToken)
    {
        var processed = partitions().ToDictionary(static one => one, static _ => new Position(long.MaxValue));
        foreach (var group in groups)
            foreach (var (partition, position) in await group.CommittedAsync([.. processed.Keys], cancellationToken))
                if (position < processed[partition]) processed[partition] = position;

        await flushHistory(cancellationToken);
        var ranges = await log.RangesAsync([.. processed.Keys], cancellationToken);
        var oldestKeptMs = (time.GetUtcNow() - options.Retention).ToUnixTimeMilliseconds();
        var some = processed.Where(one => one.Value >= ranges[one.Key].Begin)
            .ToDictionary(static one => one.Key, _ => oldestKeptMs);
        if (some.Count == 0) return;
        var through = new Dictionary<int, Position>();
        foreach (var (partition, kept) in await log.FirstSinceAsync(some, cancellationToken))
        {
            var gone = kept > processed[partition] ? processed[partition] : new Position(kept.Value - 1);
            gone = WithTicks(partition, gone, ranges[partition].Begin, processed[partition]);
            if (gone >= ranges[partition].Begin) through.Add(partition, gone);
        }

        if (through.Count == 0) return;
        await log.TrimAsync(through, cancellationToken);
        foreach (var (partition, gone) in through) Trimmed(logger, partition, gone);
    }

    /// <summary>What goes by its age, and the ticks behind it when there is nothing else before them.</summary>
    private Position WithTicks(int partition, Position gone, Position begin, Position processed)
    {
        if (ticksOf(partition) is not { } ticks || (ticks.Behind > gone && ticks.Behind >= begin)) return gone;
        var last = ticks.Through < processed ? ticks.Through : processed;
        return last > gone ? last : gone;
    }

    [LoggerMessage(3010, LogLevel.Information, "Partition {Partition} was trimmed through {Through}.")]
    private static partial void Trimmed(ILogger logger, int partition, Position through);

    [LoggerMessage(3011, LogLevel.Warning, "The log was not trimmed, the next turn tries again: {Reason}")]
    private static partial void TrimPostponed(ILogger logger, string reason);
}

/// <summary>Records of a partition that are all ticks.</summary>
/// <param name="Behind">The last one before them that may be none.</param>
/// <param name="Through">The last of them; not above <paramref name="Behind"/> when there are none.</param>
internal readonly record struct TickRun(Position Behind, Position Through);
