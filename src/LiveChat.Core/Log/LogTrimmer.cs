using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Log;

/// <summary>
/// Trims from the log what both consumer groups have processed <i>and</i> is older than the retention, never by
/// time alone: what somebody still needs stays however old it is. What the history-writers committed may not be
/// durable on its own (the embedded store repeats it from the log after a crash), so history is flushed between
/// reading the commits and trimming. One loop, run by the host; the times of a partition never fall, so the last
/// record to go is found by halving, about forty reads of one record.
/// </summary>
internal sealed partial class LogTrimmer(
    IMessageLog log,
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
        var processed = new Position[log.Partitions];
        for (var partition = 0; partition < processed.Length; partition++)
        {
            processed[partition] = await ProcessedAsync(partition, cancellationToken);
        }

        await flushHistory(cancellationToken);
        var oldestKeptMs = (time.GetUtcNow() - options.Retention).ToUnixTimeMilliseconds();
        for (var partition = 0; partition < processed.Length; partition++)
        {
            await TrimAsync(partition, processed[partition], oldestKeptMs, cancellationToken);
        }
    }

    private async Task<Position> ProcessedAsync(int partition, CancellationToken cancellationToken)
    {
        var history = await log.CommittedAsync(ConsumerGroups.HistoryWriters, partition, cancellationToken);
        var delivery = await log.CommittedAsync(ConsumerGroups.DeliveryWorkers, partition, cancellationToken);
        return history < delivery ? history : delivery;
    }

    private async Task TrimAsync(
        int partition, Position processed, long oldestKeptMs, CancellationToken cancellationToken)
    {
        var begin = (await log.RangeAsync(partition, cancellationToken)).Begin;

        // Everything through `gone` goes, everything above `processed` stays; each turn halves what lies between.
        var gone = new Position(begin.Value - 1);
        while (gone < processed)
        {
            var middle = new Position(gone.Value + ((processed.Value - gone.Value - 1) / 2));
            var entry = (await log.ReadAsync(partition, middle, bytesMax: 1, cancellationToken))[0];
            if (entry.TimeMs < oldestKeptMs)
            {
                gone = entry.Position;
            }
            else
            {
                processed = middle;
            }
        }

        if (gone >= begin)
        {
            await log.TrimAsync(partition, gone, cancellationToken);
            Trimmed(logger, partition, gone);
        }
    }

    [LoggerMessage(3010, LogLevel.Information, "Partition {Partition} was trimmed through {Through}.")]
    private static partial void Trimmed(ILogger logger, int partition, Position through);

    [LoggerMessage(3011, LogLevel.Warning, "The log was not trimmed, the next turn tries again: {Reason}")]
    private static partial void TrimPostponed(ILogger logger, string reason);
}
