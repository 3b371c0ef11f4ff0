using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using LiveChat.Core.Log;

namespace LiveChat.Core.Workers;

/// <summary>
/// What is measured of the workers: records, reads of keys, entries set aside, and by group and partition how far
/// behind it is and whether it stopped. What must stay 0 is there from the start, for each group and partition: an
/// alert on a number that is not there does not fire. Any thread.
/// </summary>
internal sealed class WorkerMetrics
{
    private readonly ConcurrentDictionary<(string Group, int Partition), Lag> _lags = new();
    private readonly ConcurrentDictionary<(string Group, int Partition), byte> _stopped = new();
    private readonly ConcurrentDictionary<string, long> _records = new();
    private readonly ConcurrentDictionary<string, long> _keyReads = new();
    private readonly ConcurrentDictionary<string, long> _setAside = new();

    /// <param name="meter">The meter <c>LiveChat.Core</c>.</param>
    /// <param name="partitions">How many the log has.</param>
    public WorkerMetrics(Meter meter, int partitions)
    {
        foreach (var group in ConsumerGroups.All)
        {
            _records[group] = _keyReads[group] = _setAside[group] = 0;
            for (var partition = 0; partition < partitions; partition++) _stopped[(group, partition)] = 0;
        }

        meter.CreateObservableCounter(
            "livechat.records",
            () => Measure(_records),
            "{record}",
            "Records that a group has processed.");
        meter.CreateObservableCounter(
            "livechat.key_reads",
            () => Measure(_keyReads),
            "{read}",
            "Reads of the store for keys that a group did not have in memory. A live chat makes none after a minute.");
        meter.CreateObservableCounter(
            "livechat.records.set_aside",
            () => Measure(_setAside),
            "{record}",
            "Damaged log entries that were skipped. Must stay 0.");
        meter.CreateObservableGauge(
            "livechat.log.lag",
            () => _lags.Select(lag => Measure(lag.Value.Records, lag.Key)),
            "{record}",
            "Records in the partition that the group has not processed.");
        meter.CreateObservableGauge(
            "livechat.log.lag_age",
            () => _lags.Select(lag => Measure(lag.Value.AgeMs / 1000, lag.Key)),
            "s",
            "Age of the last record that the group has processed, while it is behind; 0 when it is not.");
        meter.CreateObservableGauge(
            "livechat.partitions.stopped",
            () => _stopped.Select(stopped => Measure(stopped.Value, stopped.Key)),
            "{partition}",
            "Partitions that stopped at a record that cannot be decided. Must stay 0.");
    }

    public void Processed(string group, int records) =>
        _records.AddOrUpdate(group, static (_, more) => more, static (_, count, more) => count + more, records);

    /// <summary>The store was asked whether a key was used before.</summary>
    public void KeyRead(string group) => _keyReads.AddOrUpdate(group, 1, static (_, count) => count + 1);

    public void SetAside(string group) => _setAside.AddOrUpdate(group, 1, static (_, count) => count + 1);

    public void Stopped(string group, int partition) => _stopped[(group, partition)] = 1;

    /// <summary>A partition that stopped has left.</summary>
    public void Resumed(string group, int partition) => _stopped[(group, partition)] = 0;

    /// <summary>The partition left: how far behind it is, another says.</summary>
    public void Left(string group, int partition) => _lags.TryRemove((group, partition), out _);

    /// <summary>
    /// Notes how far the group is behind the end of a partition. Called by a loop that does nothing else: whatever
    /// keeps the group from going on must not keep its lag from being seen.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="end">The end of the partition.</param>
    /// <param name="done">How far the group is.</param>
    /// <param name="doneTimeMs">The time of the last record there, 0 for none.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    public void Measure(string group, int partition, Position end, Position done, long doneTimeMs, long nowMs)
    {
        var records = done >= end ? 0
            : done.Generation == end.Generation ? end.Offset - done.Offset
            : end.Offset + 1;

        // With a store that is away since the start nothing was processed: then since it was first seen behind.
        var former = _lags.GetValueOrDefault((group, partition));
        var sinceMs = records == 0 ? nowMs
            : doneTimeMs != 0 ? doneTimeMs
            : former.Records > 0 ? former.SinceMs
            : nowMs;
        _lags[(group, partition)] = new Lag(records, sinceMs, nowMs - sinceMs);
    }

    private static KeyValuePair<string, object?> Tag(string group) => new("group", group);

    private static IEnumerable<Measurement<long>> Measure(ConcurrentDictionary<string, long> counts) =>
        counts.Select(static group => new Measurement<long>(group.Value, Tag(group.Key)));

    private static Measurement<long> Measure(long value, (string Group, int Partition) where) =>
        new(value, Tag(where.Group), new KeyValuePair<string, object?>("partition", where.Partition));

    private readonly record struct Lag(long Records, long SinceMs, long AgeMs);
}
