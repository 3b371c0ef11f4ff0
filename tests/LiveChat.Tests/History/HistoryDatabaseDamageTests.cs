using System.Buffers.Binary;
using LiveChat.Embedded.Disk;
using LiveChat.Embedded.History;
using LiveChat.Tests.Disk;
using Microsoft.Extensions.Logging.Abstractions;
using RocksDbSharp;
using Xunit;

namespace LiveChat.Tests.History;

/// <summary>What was synced is there or opening is refused; what was not is there up to some point.</summary>
public sealed class HistoryDatabaseDamageTests : IDisposable
{
    private const int Synced = 20;
    private const int Unsynced = 20;
    private const int ValueBytes = 4_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _scratch = Directory.CreateTempSubdirectory("livechat-damage-").FullName;
    private readonly Random _random = new(Environment.ProcessId);

    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    [Fact]
    public async Task Damage_below_the_mark_is_refused_and_above_it_is_where_history_ends()
    {
        var live = Path.Combine(_scratch, "live");
        long syncedBytes;
        using (var database = HistoryDatabase.Open(live, NullLogger<HistoryDatabase>.Instance))
        {
            Write(database, 0, Synced);
            database.Sync();
            syncedBytes = new FileInfo(WriteAheadLogCheck.Files(live)[^1]).Length;
            Write(database, Synced, Unsynced);
            CopyTo(live, "image");
        }

        var image = Path.Combine(_scratch, "image");
        var good = await File.ReadAllBytesAsync(WriteAheadLogCheck.Files(image)[^1]);
        for (var i = 0; i < 12; i++)
        {
            var below = _random.Next((int)syncedBytes - 500);
            await Assert.ThrowsAsync<DataDamagedException>(() => OpenAsync(good, below));
            var above = (int)syncedBytes + _random.Next(good.Length - (int)syncedBytes);
            Assert.InRange(await OpenAsync(good, above), Synced, Synced + Unsynced - 1);
        }

        Assert.Equal(Synced + Unsynced, await OpenAsync(good, null));
    }

    [Fact]
    public async Task A_file_that_one_table_has_been_flushed_from_is_needed_for_the_others()
    {
        var live = Path.Combine(_scratch, "live");
        using (var database = HistoryDatabase.Open(live, NullLogger<HistoryDatabase>.Instance))
        {
            // More than a memtable takes.
            for (var i = 0; i < 20; i++)
            {
                Write(database, i * 250, 250);
                database.Sync();
            }

            CopyTo(live, "image");
        }

        var image = Path.Combine(_scratch, "image");
        var first = WriteAheadLogCheck.Files(image)[0];
        Assert.True(WriteAheadLogCheck.Files(image).Count > 1);
        var good = await File.ReadAllBytesAsync(first);
        var batches = CheckedDatabaseFolder.Batches(good);
        foreach (var bytes in (byte[]?[])[null, [], good[..batches[batches.Count / 2]]])
        {
            var folder = CopyTo(image, "case");
            var damaged = Path.Combine(folder, Path.GetFileName(first));
            File.Delete(damaged);
            if (bytes is not null) await File.WriteAllBytesAsync(damaged, bytes);
            var refused = Assert.Throws<DataDamagedException>(() => Count(folder));
            Assert.StartsWith($"{damaged} is damaged at byte {bytes?.Length ?? 0}: ", refused.Message);
            Directory.Delete(folder, recursive: true);
        }

        Assert.Equal(20 * 250, Count(image));
    }

    /// <summary>How many rows are there, from the first on without a hole.</summary>
    private async Task<int> OpenAsync(byte[] good, int? flip)
    {
        var folder = CopyTo(Path.Combine(_scratch, "image"), "case");
        try
        {
            var bytes = (byte[])good.Clone();
            if (flip is { } at)
                bytes[at] ^= (byte)(1 << _random.Next(8));
            await File.WriteAllBytesAsync(WriteAheadLogCheck.Files(folder)[^1], bytes);
            return await Task.Run(() => Count(folder)).WaitAsync(Patience, TimeProvider.System);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Count(string folder)
    {
        using var database = HistoryDatabase.Open(folder, NullLogger<HistoryDatabase>.Instance);
        var rows = database.Scan(database.Events, Key(0), Key(int.MaxValue));
        Assert.Equal(Enumerable.Range(0, rows.Count), rows.Select(row => BinaryPrimitives.ReadInt32BigEndian(row.Key)));
        return rows.Count;
    }

    private void Write(HistoryDatabase database, int from, int count)
    {
        var value = new byte[ValueBytes];
        for (var i = from; i < from + count; i++)
        {
            _random.NextBytes(value);
            using var batch = new WriteBatch();
            batch.Put(Key(i), value, database.Events);
            batch.Put(Key(i), "head"u8.ToArray(), database.ChatHead);
            database.Write(batch, sync: false);
        }
    }

    private string CopyTo(string from, string name)
    {
        var to = Path.Combine(_scratch, name);
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from).Where(path => Path.GetFileName(path) != "LOCK"))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        return to;
    }

    private static byte[] Key(int number)
    {
        var key = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(key, number);
        return key;
    }
}
