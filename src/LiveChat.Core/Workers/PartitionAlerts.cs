using System.Collections.Concurrent;
using LiveChat.Core.Log;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Workers;

/// <summary>
/// What somebody must act on in the partitions of one group: entries that were set aside, and partitions that stopped
/// at a record that cannot be decided. A stopped partition stays stopped until it leaves this worker or the process
/// starts again, with a version that can decide; the others go on, and ingest takes nothing for it (an end of the
/// process would stop all chats for the sake of some, again at every start). Any thread.
/// </summary>
internal sealed partial class PartitionAlerts(string group, WorkerMetrics metrics, ILogger<PartitionAlerts> logger)
{
    private readonly ConcurrentDictionary<int, string> _stopped = new();

    /// <summary>The partitions that stopped, and why.</summary>
    public IReadOnlyDictionary<int, string> Stopped => _stopped;

    public void SetAside(int partition, Position position)
    {
        metrics.SetAside(group);
        LogSetAside(group, partition, position);
    }

    public void Stop(int partition, Position position, Exception cause)
    {
        _stopped[partition] = $"{position}: {cause.Message}";
        metrics.Stopped(group, partition);
        LogStopped(cause, group, partition, position);
    }

    /// <summary>The partition left: whoever has it now decides anew.</summary>
    public void Forget(int partition)
    {
        if (_stopped.TryRemove(partition, out _)) metrics.Resumed(group, partition);
    }

    [LoggerMessage(EventId = 4001, Level = LogLevel.Error,
        Message = "{Group}: the entry {Position} of partition {Partition} is damaged and was set aside.")]
    private partial void LogSetAside(string group, int partition, Position position);

    [LoggerMessage(EventId = 4002, Level = LogLevel.Error,
        Message = "{Group}: partition {Partition} stopped at {Position}, which cannot be decided.")]
    private partial void LogStopped(Exception cause, string group, int partition, Position position);
}
