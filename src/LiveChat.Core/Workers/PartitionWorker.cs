using LiveChat.Core.Log;
using LiveChat.Core.Timing;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Workers;

/// <summary>
/// A member of a consumer group: runs a loop for each partition, commits at most once every
/// <see cref="WorkerOptions.CommitEvery"/>, and at the end, how far they are, and measures how far they are behind.
/// </summary>
/// <remarks>One loop per partition, one that commits and one that measures; a failure of any ends all and is
/// thrown.</remarks>
internal abstract class PartitionWorker<TPartition>
    where TPartition : IPartitionLoop
{
    private static readonly TimeSpan LastCommitMax = TimeSpan.FromSeconds(10);

    private readonly string _group;
    private readonly IMessageLog _log;
    private readonly WorkerOptions _options;
    private readonly WorkerMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly PartitionAlerts _alerts;
    private readonly TPartition[] _partitions;
    private readonly Position[] _committed;

    protected PartitionWorker(
        string group,
        IMessageLog log,
        WorkerOptions options,
        WorkerMetrics metrics,
        TimeProvider time,
        ILoggerFactory loggers,
        Func<int, PartitionAlerts, TPartition> loopOf)
    {
        (_group, _log, _options, _metrics, _time) = (group, log, options, metrics, time);
        _alerts = new PartitionAlerts(group, metrics, loggers.CreateLogger<PartitionAlerts>());
        _partitions = [.. Enumerable.Range(0, log.Partitions).Select(partition => loopOf(partition, _alerts))];
        _committed = new Position[log.Partitions];
    }

    /// <summary>The partitions that stopped, and why.</summary>
    public IReadOnlyDictionary<int, string> Stopped => _alerts.Stopped;

    protected TPartition[] Partitions => _partitions;

    /// <summary>Runs until the token is cancelled.</summary>
    /// <exception cref="WorkerFailedException">The log or the store failed for good: the host stops.</exception>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        await Loops.RunAllAsync(
            [
                .. _partitions.Select(partition => (Func<CancellationToken, Task>)partition.RunAsync),
                token => Loops.EveryAsync(_options.CommitEvery, _time, CommitAsync, token),
                token => Loops.EveryAsync(_options.CommitEvery, _time, MeasureAsync, token),
            ],
            stoppingToken);
        using var limit = new CancellationTokenSource(LastCommitMax, _time);
        await CommitAsync(limit.Token);
    }

    /// <summary>Makes durable what is done up to these positions, by partition, before they are committed.</summary>
    protected virtual ValueTask FlushAsync(Position[] done, CancellationToken cancellationToken) =>
        ValueTask.CompletedTask;

    /// <summary>Before each measurement.</summary>
    protected virtual ValueTask LookAtEndsAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    private async Task CommitAsync(CancellationToken cancellationToken)
    {
        // The positions are taken before the flush, which covers everything written before it began.
        var done = Array.ConvertAll(_partitions, static partition => partition.Done);
        if (done.AsSpan().SequenceEqual(_committed)) return;
        await FlushAsync(done, cancellationToken);
        for (var i = 0; i < done.Length; i++)
        {
            if (done[i] <= _committed[i]) continue;
            await _log.CommitAsync(_group, i, done[i], cancellationToken);
            _committed[i] = done[i];
        }
    }

    private async Task MeasureAsync(CancellationToken cancellationToken)
    {
        await LookAtEndsAsync(cancellationToken);
        await _metrics.MeasureAsync(
            _group,
            _log,
            partition => (_partitions[partition].Done, _partitions[partition].DoneTimeMs),
            _time.GetUtcNow().ToUnixTimeMilliseconds(),
            cancellationToken);
    }
}
