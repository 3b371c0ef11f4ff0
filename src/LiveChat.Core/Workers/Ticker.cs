using LiveChat.Core.Log;
using LiveChat.Core.Timing;

namespace LiveChat.Core.Workers;

/// <summary>
/// Appends a tick to each partition that is idle, all in one burst every ten seconds, so that the position to resume
/// from moves on where nobody talks. Only a log without a clock of its own needs it, and gets it: another one says by
/// itself how late it is. A tick that fails harms nothing: the next burst comes. A partition has at most one without an
/// answer. One loop.
/// </summary>
/// <param name="log">The log.</param>
/// <param name="idle">The partitions that are idle since it was asked last.</param>
/// <param name="time">The clock.</param>
internal sealed class Ticker(IMessageLog log, Func<IEnumerable<int>> idle, TimeProvider time)
{
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private readonly Task[] _ticks = [.. Enumerable.Repeat(Task.CompletedTask, log.Partitions)];

    /// <summary>Runs until cancelled; ends at once where no ticks are needed.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        if (log.HasClock) return;
        try
        {
            await Loops.EveryAsync(Period, time, BurstAsync, stoppingToken);
        }
        finally
        {
            await Task.WhenAll(_ticks);
        }
    }

    private Task BurstAsync(CancellationToken stoppingToken)
    {
        foreach (var partition in idle())
            if (_ticks[partition].IsCompleted)
                _ticks[partition] = TickAsync(partition, stoppingToken);
        return Task.CompletedTask;
    }

    private async Task TickAsync(int partition, CancellationToken stoppingToken)
    {
        try
        {
            await log.AppendAsync(partition, RecordEnvelope.Tick, stoppingToken);
        }
        catch (Exception)
        {
            // The log says itself that it takes nothing; nobody waits for a tick.
        }
    }
}
