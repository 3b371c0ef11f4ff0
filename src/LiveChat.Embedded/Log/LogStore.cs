using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using LiveChat.Core.Log;
using LiveChat.Embedded.Disk;
using Microsoft.Extensions.Logging;
using RocksDbSharp;

namespace LiveChat.Embedded.Log;

/// <summary>
/// The RocksDB under the log; the schema is <see cref="LogCodec"/>'s.
/// <list type="bullet">
/// <item>Write: one batch of records, bounds and commits, by the committer thread alone. A batch is atomic, and synced
/// before the next is written: so only the last one of all can have been torn by a crash.</item>
/// <item>Read: an iterator from a position on, by any thread.</item>
/// <item>Delete: bounds first (that alone decides what is there), then whole files, then what is left of them.</item>
/// </list>
/// One column family per partition, because the keys of a family then only ever rise: the files of a family never
/// overlap, compaction moves them without rewriting a byte (measured: docs/BENCHMARKS.md), and the old ones can be
/// dropped whole. In one family, sorted by partition, every flush would overlap everything.
/// </summary>
internal sealed class LogStore : IDisposable
{
    // At the start so many of the last records are checked one by one and kept in memory.
    private const int RecoverRecordsMax = 4096;
    private const int RecoverBytesMax = 1 << 20;

    // A family up to this size is compacted as a whole when it is trimmed, so that also a quiet chat's old records
    // leave the disk. In a larger one what remains (less than one file) is soon as old as what was dropped.
    private const ulong CompactBytesMax = 64 << 20;

    private readonly HandleGate _gate;
    private readonly CheckedDatabase _database;
    private readonly RocksDb _db;
    private readonly ColumnFamilyHandle[] _families;

    private LogStore(CheckedDatabase database, int partitions)
    {
        _gate = new HandleGate(this);
        (_database, _db) = (database, database.Rows);
        _families = [.. Enumerable.Range(0, partitions).Select(p => _db.GetColumnFamily(LogCodec.FamilyOf(p)))];
    }

    /// <exception cref="LogFailedException">The store is damaged, or has another number of partitions.</exception>
    public static LogStore Open(string folder, int partitions, ILogger logger)
    {
        CheckedDatabase? database = null;
        try
        {
            database = CheckedDatabase.Open(
                folder,
                isEachBatchSynced: true,
                LogStoreOptions.Tune,
                () => LogStoreOptions.Families(folder, partitions),
                logger);
            CheckPartitions(database, folder, partitions);
            return new LogStore(database, partitions);
        }
        catch (Exception e)
        {
            database?.Dispose();
            if (e is RocksDbException cause) e = DataDamagedException.NotOpened(folder, cause);
            if (e is not DataDamagedException) throw;
            throw new LogFailedException(e.Message, e);
        }
    }

    /// <summary>Finds the bounds of a partition and reads its end, which must have no hole.</summary>
    public PartitionTail Recover(int partition, long tailBytes)
    {
        var stored = _db.Get(LogCodec.BoundsKey(partition));
        var (range, timeMs) = stored is null
            ? (new LogRange(PartitionTail.First, Position.None), 0)
            : LogCodec.ReadBounds(stored);

        using var iterator = _db.NewIterator(_families[partition], new ReadOptions());
        var recent = new List<LogEntry>();
        var bytes = 0L;
        for (iterator.SeekToLast(); iterator.Valid(); iterator.Prev())
        {
            var position = LogCodec.ReadPosition(iterator.GetKeySpan());
            if (position < range.Begin || recent.Count >= RecoverRecordsMax || bytes >= RecoverBytesMax)
            {
                break;
            }

            Expect(partition, recent.Count == 0 ? position : new Position(recent[^1].Position.Value - 1), position);
            recent.Add(Decode(partition, position, iterator.GetValueSpan()));
            bytes += recent[^1].Bytes.Length;
        }

        ThrowIfFailed(iterator, partition);
        recent.Reverse();
        if (recent.Count > 0)
        {
            iterator.Seek(LogCodec.PositionKey(range.Begin));
            Expect(partition, range.Begin, LogCodec.ReadPosition(iterator.GetKeySpan()));
            range = range with { End = recent[^1].Position };
            timeMs = recent[^1].TimeMs;
        }
        else if (range.End >= PartitionTail.First && range.Begin != range.End.Next)
        {
            throw Damaged(partition, $"its records from {range.Begin} on are missing");
        }

        return new PartitionTail(partition, tailBytes, range, timeMs, recent);
    }

    /// <summary>The data folder that the log belongs to; null in one of a former version, and in a new one.</summary>
    public string? FolderId() => Read(() =>
        _db.Get(LogCodec.FolderKey) is { } id ? Encoding.ASCII.GetString(id) : null);

    /// <summary>Notes durably to which data folder the log belongs.</summary>
    public void Stamp(string folderId) => Read<object?>(() =>
    {
        _database.PutSynced(LogCodec.FolderKey, Encoding.ASCII.GetBytes(folderId));
        return null;
    });

    /// <summary>How many partitions the log in the folder was made with; 0 when there is none.</summary>
    public static int PartitionsIn(string folder) =>
        RocksDb.TryListColumnFamilies(new DbOptions(), folder, out var names)
            ? names.Count(static name => name != ColumnFamilies.DefaultName)
            : 0;

    public Position Committed(string group, int partition) =>
        Read(() => _db.Get(LogCodec.CommitKey(group, partition)) is { } bytes
            ? LogCodec.ReadPosition(bytes)
            : Position.None);

    /// <summary>Reads records that are there, as the caller knows, and checks each.</summary>
    public IReadOnlyList<LogEntry> Read(int partition, Position from, Position end, int bytesMax) => Read(() =>
    {
        using var iterator = _db.NewIterator(_families[partition], new ReadOptions().SetReadaheadSize(256 << 10));
        var entries = new List<LogEntry>();
        var bytes = 0L;
        var wanted = from;
        for (iterator.Seek(LogCodec.PositionKey(from)); wanted <= end; iterator.Next(), wanted = wanted.Next)
        {
            if (!iterator.Valid())
            {
                ThrowIfFailed(iterator, partition);
                throw Damaged(partition, $"its record {wanted} is missing");
            }

            Expect(partition, wanted, LogCodec.ReadPosition(iterator.GetKeySpan()));
            var value = iterator.GetValueSpan();
            bytes += value.Length - LogCodec.HeaderLength;
            if (bytes > bytesMax && entries.Count > 0)
            {
                break;
            }

            entries.Add(Decode(partition, wanted, value));
        }

        return entries;
    });

    public void PutRecord(WriteBatch batch, int partition, Position position, ReadOnlySpan<byte> value)
    {
        Span<byte> key = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(key, position.Value);
        batch.Put(key, value, _families[partition]);
    }

    /// <summary>Writes and syncs a batch.</summary>
    public void Write(WriteBatch batch) => _database.Write(batch, sync: true);

    /// <summary>
    /// Frees what lies below <paramref name="begin"/>, which the bounds have made invisible already: a crash in here
    /// leaves garbage that the next trimming frees. Takes as long as RocksDB's flush and compaction take.
    /// </summary>
    public void Reclaim(int partition, Position begin, bool releaseWal) => Read<object?>(() =>
    {
        // Records that were never flushed lie in the write-ahead log, which is kept until every family is flushed.
        Flush(releaseWal ? [_db.GetDefaultColumnFamily(), .. _families] : [_families[partition]]);
        var family = _families[partition];
        var first = LogCodec.PositionKey(Position.None);
        var last = LogCodec.PositionKey(new Position(begin.Value - 1));
        Native.Instance.rocksdb_delete_file_in_range_cf(
            _db.Handle, family.Handle, first, (nuint)first.Length, last, (nuint)last.Length);
        var size = ulong.Parse(
            _db.GetProperty("rocksdb.live-sst-files-size", family), CultureInfo.InvariantCulture);
        if (size > CompactBytesMax)
        {
            return null;
        }

        // A tombstone over the rest and one compaction, which rewrites the family (small, as was just seen).
        var limit = LogCodec.PositionKey(begin);
        using var batch = new WriteBatch();
        batch.DeleteRange(first, (ulong)first.Length, limit, (ulong)limit.Length, family);
        _database.Write(batch, sync: true);
        Flush([family]);
        _db.CompactRange((byte[]?)null, null, family);
        return null;
    });

    /// <summary>A property of RocksDB, summed over the partitions; for measurements and tests.</summary>
    public long Sum(string property) => Read(() =>
        _families.Sum(family => long.Parse(_db.GetProperty(property, family), CultureInfo.InvariantCulture)));

    public void Dispose() => _gate.Close(_database.Dispose);

    private static void CheckPartitions(CheckedDatabase database, string folder, int partitions)
    {
        if (database.Rows.Get(LogCodec.PartitionsKey) is { } stored)
        {
            var count = BinaryPrimitives.ReadInt32BigEndian(stored);
            if (count != partitions)
            {
                throw new LogFailedException(
                    $"The log in {folder} has {count} partitions and was asked for {partitions}: set it back to "
                    + $"{count}. Another number would send chats to other partitions and break their order.");
            }

            return;
        }

        // Last, so that a crash while the families are created starts over.
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, partitions);
        database.PutSynced(LogCodec.PartitionsKey, bytes);
    }

    private T Read<T>(Func<T> read)
    {
        using var entry = _gate.Enter();
        try
        {
            return read();
        }
        catch (Exception e) when (e is RocksDbException or IOException)
        {
            throw new LogFailedException($"The log's store failed: {e.Message}", e);
        }
    }

    private void Flush(ColumnFamilyHandle[] families)
    {
        var options = new FlushOptions().SetWaitForFlush(true);
        Native.Instance.rocksdb_flush_cfs(
            _db.Handle, options.Handle, [.. families.Select(f => f.Handle)], families.Length);
        GC.KeepAlive(options);
    }

    private static LogEntry Decode(int partition, Position position, ReadOnlySpan<byte> value) =>
        LogCodec.TryOpen(value, position, out var entry)
            ? entry
            : throw Damaged(partition, $"its record {position} fails its checksum");

    private static void Expect(int partition, Position wanted, Position found)
    {
        if (wanted != found)
        {
            throw Damaged(partition, $"the record {wanted} is missing, there is {found}");
        }
    }

    private static void ThrowIfFailed(Iterator iterator, int partition)
    {
        Native.Instance.rocksdb_iter_get_error(iterator.Handle, out var error);
        if (error != IntPtr.Zero)
        {
            var cause = new RocksDbException(error);
            throw new LogFailedException(
                $"Partition {partition} of the log cannot be read: {cause.Message} If it is damaged, restore the data "
                + "folder from a backup (docs/ops/damage.md).",
                cause);
        }
    }

    private static LogFailedException Damaged(int partition, string what) => new(
        $"Partition {partition} of the log is damaged: {what}. Restore the data folder from a backup "
        + "(docs/ops/damage.md).");
}
