using Microsoft.Extensions.Logging;
using RocksDbSharp;

namespace LiveChat.Embedded.Disk;

/// <summary>
/// A RocksDB in a folder of its own that opens with all that was synced or not at all: its write-ahead logs are read
/// before (<see cref="WriteAheadLogCheck"/>), its tables are compared with the manifest by RocksDB, its end with the
/// <see cref="SyncedMark"/>. Callers say what the families are and how they are tuned, and keep calls from a closed
/// one (<see cref="HandleGate"/>). Any thread.
/// </summary>
internal sealed class CheckedDatabase : IDisposable
{
    private readonly WriteOptions _synced = new WriteOptions().SetSync(true);
    private readonly WriteOptions _unsynced = new WriteOptions().SetSync(false);
    private readonly SyncedMark _mark;
    private Exception? _failure;

    private CheckedDatabase(RocksDb rows, SyncedMark mark)
    {
        (Rows, _mark) = (rows, mark);
    }

    /// <summary>To read, flush and compact; whatever is written goes through <see cref="Write"/>.</summary>
    public RocksDb Rows { get; }

    /// <summary>Opens the database in the folder, or creates it.</summary>
    /// <param name="folder">Of its own.</param>
    /// <param name="isEachBatchSynced">Whether every batch is synced before the next is written.</param>
    /// <param name="tune">Sets what is the caller's to choose.</param>
    /// <param name="families">Called once the folder was checked.</param>
    /// <param name="logger">Hears of a tail that was cut off.</param>
    /// <exception cref="DataDamagedException">It is damaged or cannot be opened.</exception>
    public static CheckedDatabase Open(
        string folder, bool isEachBatchSynced, Action<DbOptions> tune, Func<ColumnFamilies> families, ILogger logger)
    {
        var mark = SyncedMark.Open(folder);
        RocksDb? rows = null;
        try
        {
            new WriteAheadLogCheck(folder, mark, isEachBatchSynced, logger).Run();
            var options = Options();
            tune(options);
            rows = RocksDb.Open(options, folder, families());
            mark.Check(SequenceOf(rows));
            mark.NoteManifest(Manifest.PathIn(folder)!);
            return new CheckedDatabase(rows, mark);
        }
        catch (Exception e)
        {
            rows?.Dispose();
            mark.Dispose();
            if (e is not RocksDbException cause) throw;
            throw DataDamagedException.NotOpened(folder, cause);
        }
    }

    /// <summary>Writes a batch; with <paramref name="sync"/> it is durable when this returns, and all before it.
    /// </summary>
    /// <exception cref="RocksDbException">It failed: what the database holds is not known.</exception>
    /// <exception cref="IOException">A write or sync failed before, or the mark cannot be written.</exception>
    public void Write(WriteBatch batch, bool sync)
    {
        var before = SequenceOf(Rows);
        Guard(() => Rows.Write(batch, sync ? _synced : _unsynced));

        // Each entry has a number of its own, and those of this batch came after all that was there: at least so far
        // the sync has covered everything, whoever else writes.
        if (sync) _mark.Raise(before + batch.Count());
    }

    /// <summary>Writes one cell, synced.</summary>
    public void PutSynced(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        using var batch = new WriteBatch();
        batch.Put(key, value);
        Write(batch, sync: true);
    }

    /// <summary>Syncs the write-ahead log: everything that was written before is durable.</summary>
    public void Sync()
    {
        var before = SequenceOf(Rows);
        Guard(() => Native.Instance.rocksdb_flush_wal(Rows.Handle, 1));
        _mark.Raise(before);
    }

    /// <summary>
    /// Writes or syncs, unless that has failed once. RocksDB recovers by itself, from a full disk for one: it would
    /// take the next batch and call a sync done, though the batch before it is lost.
    /// </summary>
    private void Guard(Action write)
    {
        if (Volatile.Read(ref _failure) is { } former)
            throw new IOException($"A write failed before, and nothing is written behind it: {former.Message}", former);
        try
        {
            write();
        }
        catch (Exception e)
        {
            Volatile.Write(ref _failure, e);
            throw;
        }
    }

    public void Dispose()
    {
        Rows.Dispose();
        _mark.Dispose();
    }

    private static DbOptions Options()
    {
        var options = new DbOptions()
            .SetCreateIfMissing()
            .SetCreateMissingColumnFamilies()
            .SetParanoidChecks()

            // The check has read the write-ahead logs before, and a torn tail is cut off: whatever RocksDB still
            // finds wrong in them is a reason not to open.
            .SetWalRecoveryMode(Recovery.AbsoluteConsistency)
            .SetBytesPerSync(1 << 20)
            .SetMaxOpenFiles(512)
            .SetMaxLogFileSize(4 << 20)
            .SetKeepLogFileNum(3)
            .SetInfoLogLevel(InfoLogLevel.Warn)
            .SetStatsDumpPeriodSec(0);

        // Notes in the manifest how long a write-ahead log was that is written to no more, with the first sync after
        // and before a table has what is in it: so one that is missing or too short is found at the start.
        Native.Instance.rocksdb_options_set_track_and_verify_wals_in_manifest(options.Handle, 1);
        return options;
    }

    private static long SequenceOf(RocksDb rows) =>
        checked((long)Native.Instance.rocksdb_get_latest_sequence_number(rows.Handle));
}
