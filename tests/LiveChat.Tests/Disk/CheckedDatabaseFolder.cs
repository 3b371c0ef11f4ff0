using System.Buffers.Binary;
using System.Globalization;
using LiveChat.Embedded.Disk;
using Microsoft.Extensions.Logging.Abstractions;
using RocksDbSharp;
using Xunit;

namespace LiveChat.Tests.Disk;

/// <summary>
/// The files of a database as a killed process leaves them, in memory: rows 0, 1, 2, …, each a batch of its own over
/// two families of which one is flushed several times, so that several write-ahead logs are needed for the other.
/// Laid out anew, damaged in some way and opened for each case.
/// </summary>
internal sealed class CheckedDatabaseFolder(string scratch, bool isEachBatchSynced)
{
    private const int ValueBytes = 3_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, byte[]> _files = [];
    private int _cases;

    /// <summary>What a case is laid out from; may be changed.</summary>
    public Dictionary<string, byte[]> Files => _files;

    public int Rows { get; private set; }

    public IReadOnlyList<string> WriteAheadLogs =>
        [.. _files.Keys.Where(static name => name.EndsWith(".log", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];

    /// <summary>Writes and syncs fifteen rows and writes five more without, so many times, each time in another
    /// write-ahead log.</summary>
    /// <param name="scratch">Where the cases are laid out.</param>
    /// <param name="isEachBatchSynced">Whether the five are synced too.</param>
    /// <param name="turns">How many write-ahead logs there are to be.</param>
    /// <param name="isNoted">False: as if the process had died before the first flush was noted, so that nothing says
    /// of any write-ahead log but of the first fifteen rows what was synced.</param>
    public static CheckedDatabaseFolder Fill(string scratch, bool isEachBatchSynced, int turns, bool isNoted = true)
    {
        var folder = new CheckedDatabaseFolder(scratch, isEachBatchSynced);
        var live = Path.Combine(scratch, "live");
        var noted = new Dictionary<string, byte[]>();
        using var database = folder.Open(live);
        var often = database.Rows.GetColumnFamily("often");
        for (var turn = 0; turn < turns; turn++)
        {
            if (turn > 0) Flush(database, often);
            folder.Write(database, 15);
            database.Sync();
            if (turn == 0) noted = Read(live);
            folder.Write(database, 5);
        }

        foreach (var (name, bytes) in Read(live))
            folder._files[name] = bytes;
        if (isNoted) return folder;
        foreach (var name in noted.Keys.Where(static name => !name.EndsWith(".log", StringComparison.Ordinal)))
            folder._files[name] = noted[name];
        return folder;
    }

    /// <summary>How many rows are there when one file is as given (null: missing), from the first on without a hole;
    /// the sentence when it is refused.</summary>
    public async Task<(int Rows, string? Refused)> TryAsync(string name, byte[]? bytes)
    {
        var folder = Path.Combine(scratch, (_cases++).ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(folder);
        try
        {
            foreach (var (file, content) in _files)
                if ((file == name ? bytes : content) is { } laidOut)
                    await File.WriteAllBytesAsync(Path.Combine(folder, file), laidOut);

            // A store that spins cannot be stopped, but the test can.
            return (await Task.Run(() => Count(folder)).WaitAsync(Patience, TimeProvider.System), null);
        }
        catch (DataDamagedException refused)
        {
            Assert.Contains("backup", refused.Message, StringComparison.Ordinal);
            return (0, refused.Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Where the batches of a good write-ahead log begin, and its end.</summary>
    public static List<int> Batches(byte[] log)
    {
        var starts = new List<int>();
        for (var at = 0; at < log.Length;)
        {
            var left = WriteAheadLogBlock.Bytes - (at % WriteAheadLogBlock.Bytes);
            if (left < WriteAheadLogBlock.HeaderBytes)
            {
                at += left;
                continue;
            }

            if (log[at + 6] is WriteAheadLogBlock.Full or WriteAheadLogBlock.First)
                starts.Add(at);
            at += WriteAheadLogBlock.HeaderBytes + BinaryPrimitives.ReadUInt16LittleEndian(log.AsSpan(at + 4));
        }

        return [.. starts, log.Length];
    }

    private static Dictionary<string, byte[]> Read(string folder) => Directory.GetFiles(folder)
        .Where(static path => Path.GetFileName(path) is not "LOCK")
        .ToDictionary(static path => Path.GetFileName(path), File.ReadAllBytes);

    private CheckedDatabase Open(string folder) => CheckedDatabase.Open(
        folder,
        isEachBatchSynced,
        static _ => { },
        static () => new ColumnFamilies
        {
            { "often", new ColumnFamilyOptions() },
            { "never", new ColumnFamilyOptions() },
        },
        NullLogger.Instance);

    private void Write(CheckedDatabase database, int count)
    {
        for (; count > 0; count--)
        {
            using var batch = new WriteBatch();
            batch.Put(Key(Rows), new byte[ValueBytes], database.Rows.GetColumnFamily("often"));
            batch.Put(Key(Rows++), new byte[1], database.Rows.GetColumnFamily("never"));
            database.Write(batch, isEachBatchSynced);
        }
    }

    private int Count(string folder)
    {
        using var database = Open(folder);
        var often = Count(database, "often");
        Assert.Equal(often, Count(database, "never"));
        return often;
    }

    private static int Count(CheckedDatabase database, string family)
    {
        var count = 0;
        using var rows = database.Rows.NewIterator(database.Rows.GetColumnFamily(family), new ReadOptions());
        for (rows.SeekToFirst(); rows.Valid(); rows.Next())
            Assert.Equal(count++, BinaryPrimitives.ReadInt32BigEndian(rows.GetKeySpan()));
        return count;
    }

    private static void Flush(CheckedDatabase database, ColumnFamilyHandle family)
    {
        var options = new FlushOptions().SetWaitForFlush(true);
        Native.Instance.rocksdb_flush_cf(database.Rows.Handle, options.Handle, family.Handle);
        GC.KeepAlive(options);
    }

    private static byte[] Key(int number)
    {
        var key = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(key, number);
        return key;
    }
}
