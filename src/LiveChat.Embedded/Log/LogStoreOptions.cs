using RocksDbSharp;

namespace LiveChat.Embedded.Log;

/// <summary>How RocksDB is set up for a log: written and dropped in order, read from memory.</summary>
internal static class LogStoreOptions
{
    private const ulong MemtableBytes = 8 << 20;
    private const ulong MemtablesBytesMax = 128 << 20;
    private const ulong WalBytesMax = 128 << 20;
    private const ulong BlockCacheBytes = 16 << 20;

    public static void Tune(DbOptions options) => options
        .SetMaxTotalWalSize(WalBytesMax)
        .SetDbWriteBufferSize(MemtablesBytesMax)

        // One thread writes: spinning for others is of no use.
        .SetEnableWriteThreadAdaptiveYield(false);

    public static ColumnFamilies Families(string folder, int partitions)
    {
        // RocksDB wants every family named that exists, also those of another number of partitions.
        var names = Enumerable.Range(0, partitions).Select(LogCodec.FamilyOf).ToHashSet();
        if (RocksDb.TryListColumnFamilies(new DbOptions(), folder, out var existing))
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

        return families;
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
