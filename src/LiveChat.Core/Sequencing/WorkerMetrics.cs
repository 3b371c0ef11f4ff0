using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using LiveChat.Core.Log;

namespace LiveChat.Core.Sequencing;

/// <summary>
/// What is measured of the workers: records, entries set aside, and by group and partition how far behind it is and
/// whether it stopped. Any thread.
/// </summary>
internal sealed class WorkerMetrics
{
    private readonly ConcurrentDictionary<(string Group, int Partition), Lag> _lags = new();
    private readonly ConcurrentDictionary<(string Group, int Partition), byte> _stopped = new();
    private readonly Counter<long> _records;
    private readonly Counter<long> _setAside;

    /// <param name="meter">The meter <c>LiveChat.Core</c>.</param>
    public WorkerMetrics(Meter meter)
    {
        _records = meter.CreateCounter<long>("livechat.records", "{record}", "Records that a group has processed.");
        _setAside = meter.CreateCounter<long>(
            "livechat.records.set_aside", "{record}", "Damaged log entries that were skipped. Must stay 0.");
        meter.CreateObservableGauge(
            "livechat.log.lag",
            () => _lags.Select(lag => Measure(lag.Value.Records, lag.Key)),
            "{record}",
            "Records in the partition that the group has not processed.");
        meter.CreateObservableGauge(
            "livechat.log.lag_age",
            () => _lags.Select(lag => Measure(lag.Value.AgeMs / 1000, lag.Key)),
            "s",
            "Age of the last record that the group has processed, while it is behind.");
        meter.CreateObservableGauge(
            "livechat.partitions.stopped",
            () => _stopped.Select(stopped => Measure(1, stopped.Key)),
            "{partition}",
            "Partitions that stopped at a record that cannot be decided. Must stay 0.");
    }

    public void Processed(string group, int records) => _records.Add(records, Tag(group));

    public void SetAside(string group) => _setAside.Add(1, Tag(group));

    public void Stopped(string group, int partition) => _stopped[(group, partition)] = 1;

    /// <summary>Notes how far the group is behind the end of the partition.</summary>
    public void Behind(string group, int partition, Position end, Position done, long ageMs)
    {
        var records = done >= end ? 0
            : done.Generation == end.Generation ? end.Offset - done.Offset
            : end.Offset + 1;
        _lags[(group, partition)] = new Lag(records, records == 0 ? 0 : ageMs);
    }

    private static KeyValuePair<string, object?> Tag(string group) => new("group", group);

    private static Measurement<long> Measure(long value, (string Group, int Partition) where) =>
        new(value, Tag(where.Group), new KeyValuePair<string, object?>("partition", where.Partition));

    private readonly record struct Lag(long Records, long AgeMs);
}
