using System.Globalization;
using Xunit;

namespace LiveChat.Tests.Log;

/// <summary>
/// What a bad disk, a power cut or a bad copy leaves behind is refused, or is a torn tail and cut off; it is never
/// served, never a hole, and never hangs.
/// </summary>
public sealed class RocksDbMessageLogDamageTests : IDisposable
{
    private const int HeaderBytes = 7;
    private const int BlockBytes = 32 << 10;

    // LIVECHAT_LONG=1 tries ten times as many places.
    private static readonly int Cases = Environment.GetEnvironmentVariable("LIVECHAT_LONG") == "1" ? 10 : 1;

    private readonly string _scratch = Directory.CreateTempSubdirectory("livechat-damage-").FullName;
    private readonly Random _random;

    public RocksDbMessageLogDamageTests()
    {
        var seed = Environment.ProcessId;
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"The seed is {seed}."));
        _random = new Random(seed);
    }

    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    [Fact]
    public async Task A_flipped_bit_of_the_write_ahead_log_is_refused_however_late_it_is()
    {
        var folder = await LogFolder.FillAsync(_scratch, _random, flushes: 2);
        Assert.True(folder.WriteAheadLogs.Count > 1);
        foreach (var name in folder.WriteAheadLogs)
        {
            var good = folder.Files[name];
            foreach (var (at, isRecord) in Offsets(good))
            {
                var outcome = await folder.TryAsync(name, Flip(good, at), withMark: true);
                Assert.Equal(isRecord ? Outcome.Refused : Outcome.AllThere, outcome);
            }
        }
    }

    [Fact]
    public async Task Without_its_mark_only_the_last_batch_can_pass_for_a_torn_one()
    {
        var folder = await LogFolder.FillAsync(_scratch, _random, flushes: 2);
        var newest = folder.WriteAheadLogs[^1];
        foreach (var name in folder.WriteAheadLogs)
        {
            var good = folder.Files[name];
            var last = name == newest ? Records(good).Last(record => record.Type is 1 or 2).Offset : int.MaxValue;
            foreach (var (at, isRecord) in Offsets(good))
            {
                var outcome = await folder.TryAsync(name, Flip(good, at), withMark: false);
                Assert.Equal(
                    at >= last ? Outcome.SuffixMissing : isRecord ? Outcome.Refused : Outcome.AllThere, outcome);
                if (at >= last)
                    Assert.Equal(1, folder.LastMissing);
            }
        }
    }

    [Fact]
    public async Task A_type_that_was_flipped_to_one_of_recycled_files_does_not_hang()
    {
        var folder = await LogFolder.FillAsync(_scratch, _random, flushes: 0);
        var name = folder.WriteAheadLogs[^1];
        var good = folder.Files[name];
        foreach (var (offset, type) in Sample(Records(good), 2 * Cases))
        {
            for (byte wrong = 5; wrong <= 8; wrong++)
            {
                var bytes = (byte[])good.Clone();
                bytes[offset + 6] = wrong;
                Assert.NotEqual(type, wrong);
                Assert.Equal(Outcome.Refused, await folder.TryAsync(name, bytes, withMark: true));
            }
        }
    }

    [Fact]
    public async Task A_write_ahead_log_that_was_cut_anywhere_is_refused_by_its_mark()
    {
        var folder = await LogFolder.FillAsync(_scratch, _random, flushes: 1);
        var name = folder.WriteAheadLogs[^1];
        var good = folder.Files[name];

        // Between records, where nothing is torn, and within them.
        foreach (var (offset, _) in Sample(Records(good), 3 * Cases))
        {
            Assert.Equal(Outcome.Refused, await folder.TryAsync(name, good[..offset], withMark: true));
            var within = Math.Min(good.Length - 1, offset + 1 + _random.Next(50));
            Assert.Equal(Outcome.Refused, await folder.TryAsync(name, good[..within], withMark: true));
        }

        Assert.Equal(Outcome.Refused, await folder.TryAsync(name, good[..^1], withMark: true));
    }

    [Fact]
    public async Task Without_its_mark_a_log_that_was_cut_begins_with_what_was_acknowledged()
    {
        var folder = await LogFolder.FillAsync(_scratch, _random, flushes: 1);
        var name = folder.WriteAheadLogs[^1];
        var good = folder.Files[name];
        foreach (var (offset, _) in Sample(Records(good), 3 * Cases))
        {
            var outcome = await folder.TryAsync(name, good[..(offset + _random.Next(20))], withMark: false);
            Assert.Equal(Outcome.SuffixMissing, outcome);
        }
    }

    [Fact]
    public async Task What_a_torn_write_leaves_behind_the_last_record_is_cut_off()
    {
        var folder = await LogFolder.FillAsync(_scratch, _random, flushes: 1);
        var name = folder.WriteAheadLogs[^1];
        var good = folder.Files[name];
        var last = Records(good)[^1].Offset;
        foreach (var length in (int[])[1, 6, 8, 100, 3 * BlockBytes])
        {
            var garbage = new byte[length];
            Assert.Equal(Outcome.AllThere, await folder.TryAsync(name, [.. good, .. garbage], withMark: true));
            _random.NextBytes(garbage);
            Assert.Equal(Outcome.AllThere, await folder.TryAsync(name, [.. good, .. garbage], withMark: true));
        }

        // A batch of several blocks of which the first did not reach the disk and the others did.
        var start = Records(good).Last(record => record.Type == 2).Offset;
        var torn = (byte[])good[..Records(good).First(record => record.Type == 4 && record.Offset > start).Offset];
        torn.AsSpan(start, HeaderBytes + 100).Clear();
        Assert.Equal(Outcome.SuffixMissing, await folder.TryAsync(name, torn, withMark: false));
        Assert.True(last > start);
    }

    [Fact]
    public async Task Flipped_bits_of_other_files_are_refused_or_met_by_the_reader_and_never_served()
    {
        var folder = await LogFolder.FillAsync(_scratch, _random, flushes: 2);
        var refused = 0;
        foreach (var (name, good) in folder.Files)
        {
            if (!name.EndsWith(".sst", StringComparison.Ordinal)
                && !name.StartsWith("MANIFEST", StringComparison.Ordinal) && name is not ("CURRENT" or "SYNCED"))
                continue;
            for (var i = 0; i < 2 * Cases; i++)
            {
                var outcome = await folder.TryAsync(name, Flip(good, _random.Next(good.Length)), withMark: true);
                Assert.NotEqual(Outcome.SuffixMissing, outcome);
                refused += outcome == Outcome.Refused ? 1 : 0;
            }
        }

        Assert.True(refused > 3);
    }

    [Fact]
    public async Task A_flipped_type_in_the_manifest_is_refused_and_a_torn_end_is_not()
    {
        var folder = await LogFolder.FillAsync(_scratch, _random, flushes: 2);
        var name = folder.Files.Keys.Single(name => name.StartsWith("MANIFEST", StringComparison.Ordinal));
        var good = folder.Files[name];
        var records = Records(good);
        foreach (var (offset, _) in (List<(int, byte)>)[records[0], records[^1], .. Sample(records, Cases)])
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var bytes = (byte[])good.Clone();
                bytes[offset + 6] ^= (byte)(1 << bit);
                Assert.Equal(Outcome.Refused, await folder.TryAsync(name, bytes, withMark: true));
            }
        }

        // A change that did not get to the disk as a whole: it did not count yet.
        Assert.Equal(Outcome.AllThere, await folder.TryAsync(name, [.. good, .. new byte[20]], withMark: true));
        byte[] torn = [.. good, .. good.AsSpan(records[^1].Offset..^1)];
        Assert.Equal(Outcome.AllThere, await folder.TryAsync(name, torn, withMark: true));
    }

    [Fact]
    public async Task An_empty_or_missing_file_is_refused()
    {
        var folder = await LogFolder.FillAsync(_scratch, _random, flushes: 2);
        foreach (var name in (string[])[.. folder.WriteAheadLogs, "CURRENT"])
        {
            Assert.Equal(Outcome.Refused, await folder.TryAsync(name, [], withMark: true));
            Assert.Equal(Outcome.Refused, await folder.TryAsync(name, null, withMark: true));
        }
    }

    /// <summary>An offset in every field of some records, and in the empty ends of blocks.</summary>
    private List<(int Offset, bool IsRecord)> Offsets(byte[] bytes)
    {
        var records = Records(bytes);
        var offsets = new List<(int, bool)>();
        List<(int Offset, byte Type)> chosen = [records[0], records[^1], .. Sample(records, Cases)];
        foreach (var (offset, _) in chosen)
        {
            var length = bytes[offset + 4] | (bytes[offset + 5] << 8);
            offsets.AddRange(
            [
                (offset + _random.Next(4), true),
                (offset + 4, true),
                (offset + 5, true),
                (offset + 6, true),
                (offset + HeaderBytes + _random.Next(length), true),
            ]);
        }

        var inUse = records.SelectMany(record => Enumerable.Range(
            record.Offset, HeaderBytes + (bytes[record.Offset + 4] | (bytes[record.Offset + 5] << 8)))).ToHashSet();
        var unused = Enumerable.Range(0, bytes.Length).Where(at => !inUse.Contains(at)).Take(2);
        offsets.AddRange(unused.Select(at => (at, false)));
        return offsets;
    }

    private List<T> Sample<T>(List<T> from, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => from[_random.Next(from.Count)])];

    private byte[] Flip(byte[] good, int at)
    {
        var bytes = (byte[])good.Clone();
        bytes[at] ^= (byte)(1 << _random.Next(8));
        return bytes;
    }

    /// <summary>Where the records of a good file begin, and their types.</summary>
    private static List<(int Offset, byte Type)> Records(byte[] bytes)
    {
        var records = new List<(int, byte)>();
        for (var at = 0; at < bytes.Length;)
        {
            if (BlockBytes - (at % BlockBytes) < HeaderBytes)
            {
                at += BlockBytes - (at % BlockBytes);
                continue;
            }

            records.Add((at, bytes[at + 6]));
            at += HeaderBytes + (bytes[at + 4] | (bytes[at + 5] << 8));
        }

        return records;
    }
}
