using System.Globalization;
using LiveChat.Core.Log;
using LiveChat.Embedded.Log;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveChat.Bench.Log;

/// <summary>
/// How many bytes reach the disk for each byte appended (write-ahead log, flush, compaction), and what is left of
/// it once nearly everything was trimmed.
/// </summary>
internal static class LogWritesBench
{
    private const int Records = 100_000;
    private const int RecordBytes = 4096;
    private const int Waiting = 200;

    public static async Task RunAsync()
    {
        var folder = Directory.CreateDirectory($"bench-log-{Environment.ProcessId}");
        try
        {
            var options = new RocksDbLogOptions();
            await using var log = RocksDbMessageLog.Open(
                folder.FullName, options, TimeProvider.System, NullLogger<RocksDbMessageLog>.Instance);
            var before = BytesWritten();
            var left = Records;
            await Task.WhenAll(Enumerable.Range(0, Waiting).Select(writer => Task.Run(async () =>
            {
                // Random bytes: compression must not flatter the result.
                var random = new Random(writer);
                var record = new byte[RecordBytes];
                while (Interlocked.Decrement(ref left) >= 0)
                {
                    random.NextBytes(record);
                    await log.AppendAsync(writer % options.Partitions, record, default);
                }
            })));
            var appended = (double)Records * RecordBytes;
            Console.WriteLine($"appended  {appended / 1e6,8:F0} MB");
            var written = BytesWritten() - before;
            Console.WriteLine($"written   {written / 1e6,8:F0} MB, {written / appended:F2} times");
            Console.WriteLine($"on disk   {OnDisk(folder) / 1e6,8:F0} MB");
            var ranges = await log.RangesAsync([.. Enumerable.Range(0, options.Partitions)], default);
            await log.TrimAsync(
                ranges.ToDictionary(static one => one.Key, static one => new Position(one.Value.End.Value - 10)),
                default);

            Console.WriteLine($"trimmed   {OnDisk(folder) / 1e6,8:F0} MB on disk, ten records a partition kept");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static long BytesWritten()
    {
        var line = File.ReadLines("/proc/self/io").First(l => l.StartsWith("write_bytes", StringComparison.Ordinal));
        return long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private static double OnDisk(DirectoryInfo folder) => folder.EnumerateFiles().Sum(file => (double)file.Length);
}
