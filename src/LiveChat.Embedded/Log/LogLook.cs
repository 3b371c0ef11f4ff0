using LiveChat.Core.Log;
using LiveChat.Embedded.Disk;
using RocksDbSharp;

namespace LiveChat.Embedded.Log;

/// <summary>Looks at the log of a data folder that no process uses, and changes nothing.</summary>
internal static class LogLook
{
    /// <summary>What each partition holds and how far both groups are; none where there is no log.</summary>
    /// <exception cref="DataDamagedException">It cannot be opened.</exception>
    public static IReadOnlyList<PartitionLook> Read(string folder)
    {
        var partitions = LogStore.PartitionsIn(folder);
        if (partitions == 0) return [];
        try
        {
            using var rows = RocksDb.OpenReadOnly(
                new DbOptions().SetMaxOpenFiles(512), folder, LogStoreOptions.Families(folder, partitions), false);
            return [.. Enumerable.Range(0, partitions).Select(partition => Look(rows, partition))];
        }
        catch (RocksDbException cause)
        {
            throw DataDamagedException.NotOpened(folder, cause);
        }
    }

    private static PartitionLook Look(RocksDb rows, int partition)
    {
        var range = rows.Get(LogCodec.BoundsKey(partition)) is { } stored
            ? LogCodec.ReadBounds(stored).Range
            : new LogRange(PartitionTail.First, Position.None);
        using var records = rows.NewIterator(
            rows.GetColumnFamily(LogCodec.FamilyOf(partition)), new ReadOptions()).SeekToLast();
        if (records.Valid() && LogCodec.ReadPosition(records.GetKeySpan()) is var last && last >= range.Begin)
            range = range with { End = last };
        return new PartitionLook(
            partition, BehindOf(ConsumerGroups.DeliveryWorkers), BehindOf(ConsumerGroups.HistoryWriters));

        long BehindOf(string group) => range.Behind(
            rows.Get(LogCodec.CommitKey(group, partition)) is { } committed
                ? LogCodec.ReadPosition(committed)
                : Position.None);
    }
}

/// <summary>A partition of a log that no process uses.</summary>
/// <param name="Partition">Its number.</param>
/// <param name="DeliveryBehind">Records that delivery has not passed.</param>
/// <param name="HistoryBehind">Records that history has not passed.</param>
internal readonly record struct PartitionLook(int Partition, long DeliveryBehind, long HistoryBehind);
