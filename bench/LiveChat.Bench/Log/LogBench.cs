using System.Buffers.Binary;
using LiveChat.Embedded.Log;
using Microsoft.Extensions.Logging.Abstractions;
using RocksDbSharp;

namespace LiveChat.Bench.Log;

/// <summary>
/// Durable appends to the embedded log, beside its peers in the same run on the same disk: a bare file with group
/// commit, and RocksDB with one synced put per record from as many threads as there are writers (RocksDB groups
/// what its blocked threads write).
/// </summary>
internal static class LogBench
{
    public static async Task RunAsync()
    {
        var folder = Directory.CreateDirectory($"bench-log-{Environment.ProcessId}");
        try
        {
            Console.WriteLine($"{"",-34} {"waiting",5} {"appends/s",9} {"p50 ms",8} {"p99 ms",8} {"p99.9",8}");
            foreach (var bytes in new[] { 100, 300 })
            {
                var record = new byte[bytes];
                new Random(1).NextBytes(record);
                foreach (var waiting in new[] { 1, 100, 1000 })
                {
                    await FileAsync(folder, record, waiting);
                    await LogAsync(folder, record, waiting);
                }
            }

            foreach (var waiting in new[] { 1, 100 })
            {
                await PutAsync(folder, new byte[100], waiting);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task LogAsync(DirectoryInfo folder, byte[] record, int waiting)
    {
        var path = Path.Combine(folder.FullName, $"log-{record.Length}-{waiting}");
        var options = new RocksDbLogOptions();
        await using var log = RocksDbMessageLog.Open(
            path, options, TimeProvider.System, NullLogger<RocksDbMessageLog>.Instance);
        await new AppendLoad(
                waiting,
                writer => log.AppendAsync(writer % options.Partitions, record, default).AsTask())
            .RunAsync($"RocksDbMessageLog, {record.Length} bytes");
    }

    private static async Task FileAsync(DirectoryInfo folder, byte[] record, int waiting)
    {
        using var file = new FileAppender(Path.Combine(folder.FullName, $"file-{record.Length}-{waiting}"));
        await new AppendLoad(waiting, _ => file.AppendAsync(record)).RunAsync($"bare file, {record.Length} bytes");
    }

    private static async Task PutAsync(DirectoryInfo folder, byte[] record, int waiting)
    {
        using var db = RocksDb.Open(
            new DbOptions().SetCreateIfMissing(), Path.Combine(folder.FullName, $"put-{waiting}"));
        var synced = new WriteOptions().SetSync(true);
        var next = 0L;
        ThreadPool.SetMinThreads(waiting + 8, 8);
        await new AppendLoad(
                waiting,
                _ =>
                {
                    var key = new byte[8];
                    BinaryPrimitives.WriteInt64BigEndian(key, Interlocked.Increment(ref next));
                    db.Put(key, record, null, synced);
                    return Task.CompletedTask;
                })
            .RunAsync($"RocksDB, a synced put each, {record.Length} bytes");
    }
}
