using System.Globalization;
using LiveChat.Core.Log;
using LiveChat.Embedded.Log;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveChat.Tests.Log;

/// <summary>What became of a damaged log.</summary>
internal enum Outcome
{
    AllThere,
    SuffixMissing,
    Refused,
}

/// <summary>
/// The files of a log as a killed process leaves them, in memory, and the records that were acknowledged, in their
/// order: laid out anew, damaged in some way, opened and read for each case.
/// </summary>
internal sealed class LogFolder
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly RocksDbLogOptions Options = new() { Partitions = 2, ReserveBytes = 0, TailBytes = 1 };

    private readonly string _scratch;
    private readonly Dictionary<string, byte[]> _files;
    private readonly List<(int Partition, Position Position, byte[] Bytes)> _acknowledged;
    private int _cases;

    private LogFolder(
        string scratch, Dictionary<string, byte[]> files, List<(int, Position, byte[])> acknowledged)
    {
        (_scratch, _files, _acknowledged) = (scratch, files, acknowledged);
    }

    public IReadOnlyDictionary<string, byte[]> Files => _files;

    /// <summary>The write-ahead logs that are not empty, oldest first.</summary>
    public IReadOnlyList<string> WriteAheadLogs =>
        [.. _files.Where(file => file.Key.EndsWith(".log", StringComparison.Ordinal) && file.Value.Length > 0)
            .Select(file => file.Key).Order(StringComparer.Ordinal)];

    /// <param name="scratch">Where the cases are laid out.</param>
    /// <param name="random">What the records say.</param>
    /// <param name="flushes">How often the first partition is flushed, which begins another write-ahead log; the
    /// first time all are.</param>
    public static async Task<LogFolder> FillAsync(string scratch, Random random, int flushes)
    {
        var folder = Path.Combine(scratch, "live");
        Directory.CreateDirectory(folder);
        var acknowledged = new List<(int, Position, byte[])>();
        await using var log = Open(folder);
        for (var turn = 0; turn <= flushes; turn++)
        {
            // Small ones, some over several blocks, one that ends near a block's end.
            foreach (var length in (int[])[30, 200, 1_000, 90_000, 1, 25_000, 7_500, 300, 70_000, 40, 50])
            {
                var record = new byte[length];
                random.NextBytes(record);
                var partition = acknowledged.Count % Options.Partitions;
                var appended = await log.AppendAsync(partition, record, default);
                acknowledged.Add((partition, appended.Position, record));
            }

            if (turn < flushes)
            {
                var first = acknowledged.First(record => record.Item1 == 0);
                await log.TrimAsync(0, first.Item2);
                acknowledged.Remove(first);
            }
        }

        var files = Directory.GetFiles(folder)
            .Where(path => Path.GetFileName(path) is not "LOCK")
            .ToDictionary(path => Path.GetFileName(path), File.ReadAllBytes);
        return new LogFolder(scratch, files, acknowledged);
    }

    /// <summary>Opens the files with one of them as given (null: missing), and reads all of it.</summary>
    public async Task<Outcome> TryAsync(string name, byte[]? bytes, bool withMark)
    {
        var folder = Path.Combine(_scratch, (_cases++).ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(folder);
        try
        {
            foreach (var (file, content) in _files)
                if ((withMark || file != "SYNCED") && (file == name ? bytes : content) is { } laidOut)
                    await File.WriteAllBytesAsync(Path.Combine(folder, file), laidOut);

            // A store that spins cannot be stopped, but the test can.
            return await Task.Run(() => ReadAsync(folder)).WaitAsync(Patience, TimeProvider.System);
        }
        catch (LogFailedException refused)
        {
            Assert.Contains("backup", refused.Message, StringComparison.Ordinal);
            return Outcome.Refused;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<Outcome> ReadAsync(string folder)
    {
        await using var log = Open(folder);
        var read = new List<byte[]>[Options.Partitions];
        for (var partition = 0; partition < read.Length; partition++)
        {
            read[partition] = [];
            var range = await log.RangeAsync(partition);
            for (var after = new Position(range.Begin.Value - 1); after < range.End;)
            {
                var entries = await log.ReadAgainAsync(partition, after, 1 << 16, default);
                read[partition].AddRange(entries.Select(entry => entry.Bytes.ToArray()));
                after = entries[^1].Position;
            }
        }

        // What is there must be a first part of what was acknowledged, in the order over all partitions.
        var next = new int[Options.Partitions];
        var missing = 0;
        foreach (var (partition, _, bytes) in _acknowledged)
        {
            if (next[partition] == read[partition].Count)
            {
                missing++;
                continue;
            }

            Assert.Equal(0, missing);
            Assert.Equal(bytes, read[partition][next[partition]++]);
        }

        for (var partition = 0; partition < read.Length; partition++)
            Assert.Equal(next[partition], read[partition].Count);
        LastMissing = missing;
        return missing == 0 ? Outcome.AllThere : Outcome.SuffixMissing;
    }

    /// <summary>How many records the last case that opened had lost from its end.</summary>
    public int LastMissing { get; private set; }

    private static RocksDbMessageLog Open(string folder) => RocksDbMessageLog.Open(
        folder, Options, TimeProvider.System, NullLogger<RocksDbMessageLog>.Instance);
}
