using RocksDbSharp;

namespace LiveChat.Embedded.Log;

/// <summary>How RocksDB is set up for a log: written and dropped in order, read from memory.</summary>
internal static class LogStoreOptions
{
    private const ulong MemtableBytes = 8 << 20;
    private const ulong MemtablesBytesMax = 128 << 20;
    private const ulong WalBytesMax = 128 << 20;
    private const ulong BlockCacheBytes = 16 << 20;

    public static RocksDb Open(string folder, int partitions)
    {
        // RocksDB wants every family named that exists, also those of another number of partitions.
        var names = Enumerable.Range(0, partitions).Select(LogCodec.FamilyOf).ToHashSet();
        if (RocksDb.TryListColumnFamilies(Database(), folder, out var existing))
        {
            names.UnionWith(existing);
        }

        names.Remove(ColumnFamilies.DefaultName);
        var families = new ColumnFamilies(Small());
        var cache = Cache.CreateLru(BlockCacheBytes);
        foreach (var name in names)
        {
            families.Add(name, Partition(cache));
        }

        return RocksDb.Open(Database(), folder, families);
    }

    private static DbOptions Database()
    {
        var options = new DbOptions()
            .SetCreateIfMissing()
            .SetCreateMissingColumnFamilies()
            .SetParanoidChecks()

            // WriteAheadLogCheck has read the write-ahead logs before, and a torn tail is cut off: whatever RocksDB
            // still finds wrong in them is a reason not to open. Its other modes drop records silently, and with
            // "tolerate corrupted tail records" it reads for ever after one flipped bit in a record's type.
            .SetWalRecoveryMode(Recovery.AbsoluteConsistency)
            .SetMaxTotalWalSize(WalBytesMax)
            .SetDbWriteBufferSize(MemtablesBytesMax)
            .SetBytesPerSync(1 << 20)
            .SetMaxOpenFiles(512)
            .SetUseFsync(0)
            .SetMaxLogFileSize(4 << 20)
            .SetKeepLogFileNum(3)
            .SetInfoLogLevel(InfoLogLevel.Warn)
            .SetStatsDumpPeriodSec(0)

            // One thread writes: spinning for others is of no use.
            .SetEnableWriteThreadAdaptiveYield(false);

        // Remembers which write-ahead logs were synced and how long they were: a missing one is found at the start.
        Native.Instance.rocksdb_options_set_track_and_verify_wals_in_manifest(options.Handle, 1);
        return options;
    }

    private static ColumnFamilyOptions Partition(Cache cache) => new ColumnFamilyOptions()
        .SetWriteBufferSize(MemtableBytes)
        .SetMaxWriteBufferNumber(4)

        // Files never overlap, so that they cost a reader nothing in level 0, and moving them down costs nothing.
        // They are moved early because only below level 0 can trimming drop them.
        .SetCompactionStyle(Compaction.Level)
        .SetLevel0FileNumCompactionTrigger(2)
        .SetLevel0SlowdownWritesTrigger(64)
        .SetLevel0StopWritesTrigger(128)

        // The same at every level: a file that had to be recompressed could not be moved.
        .SetCompression(Compression.Lz4)
        .SetBlockBasedTableFactory(new BlockBasedTableOptions().SetBlockCache(cache).SetBlockSize(32 << 10));

    private static ColumnFamilyOptions Small() => new ColumnFamilyOptions().SetWriteBufferSize(1 << 20);
}
