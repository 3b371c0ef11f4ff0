using System.Globalization;
using Xunit;

namespace LiveChat.Tests.Disk;

/// <summary>
/// A file that is missing, empty or ends too early is refused, whichever it is, where every batch is synced (the log)
/// and where it is not (history); only what was not synced may be missing, and from the end on.
/// </summary>
public sealed class CheckedDatabaseTests : IDisposable
{
    private readonly string _scratch = Directory.CreateTempSubdirectory("livechat-checked-").FullName;

    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_is_missing_or_empty_is_refused(bool isEachBatchSynced)
    {
        var folder = CheckedDatabaseFolder.Fill(_scratch, isEachBatchSynced, turns: 3);
        Assert.Equal(3, folder.WriteAheadLogs.Count);
        Assert.Equal(folder.Rows, (await folder.TryAsync("", null)).Rows);
        var needed = folder.Files.Keys.Where(static name => name is "CURRENT"
            || Path.GetExtension(name) is ".log" or ".sst"
            || name.StartsWith("MANIFEST", StringComparison.Ordinal)).ToList();
        Assert.True(needed.Count >= 3 + 2 + 2);
        foreach (var name in needed)
        {
            Assert.Contains(name, (await folder.TryAsync(name, [])).Refused, StringComparison.Ordinal);
            var isNewest = name == folder.WriteAheadLogs[^1];
            if ((isEachBatchSynced || !isNewest) && name[0] != 'M')
                Assert.NotNull((await folder.TryAsync(name, folder.Files[name][..^1])).Refused);

            // Of the newest one nothing tells the name.
            var named = isNewest ? folder.WriteAheadLogs[^2] : name;
            Assert.Contains(named, (await folder.TryAsync(name, null)).Refused, StringComparison.Ordinal);
        }

    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_write_ahead_log_that_ends_between_two_batches_is_refused_where_it_ends(bool isEachBatchSynced)
    {
        var folder = CheckedDatabaseFolder.Fill(_scratch, isEachBatchSynced, turns: 3);
        foreach (var name in folder.WriteAheadLogs.SkipLast(1))
        {
            var good = folder.Files[name];
            foreach (var end in CheckedDatabaseFolder.Batches(good).Skip(1).SkipLast(1).Where((_, i) => i % 4 == 0))
            {
                var (_, refused) = await folder.TryAsync(name, good[..end]);
                Assert.Contains(
                    string.Create(CultureInfo.InvariantCulture, $"{name} is damaged at byte {end}: "),
                    refused,
                    StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_write_ahead_log_that_does_not_follow_the_one_before_it_is_refused_by_that_alone()
    {
        var folder = CheckedDatabaseFolder.Fill(_scratch, isEachBatchSynced: true, turns: 2, isNoted: false);
        folder.Files.Remove("SYNCED");
        var (first, second) = (folder.WriteAheadLogs[0], folder.WriteAheadLogs[1]);
        var good = folder.Files[first];
        foreach (var bytes in (byte[]?[])[null, [], good[..CheckedDatabaseFolder.Batches(good)[9]]])
            Assert.Contains(
                $"{second} is damaged at byte 0: the batches before number ",
                (await folder.TryAsync(first, bytes)).Refused,
                StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_manifest_that_ends_too_early_is_refused_or_nothing_is_missing(bool isEachBatchSynced)
    {
        var folder = CheckedDatabaseFolder.Fill(_scratch, isEachBatchSynced, turns: 3);
        var name = folder.Files.Keys.Single(name => name.StartsWith("MANIFEST", StringComparison.Ordinal));
        var good = folder.Files[name];
        var refusals = 0;
        foreach (var end in CheckedDatabaseFolder.Batches(good))
        {
            var (rows, refused) = await folder.TryAsync(name, good[..end]);
            if (refused is null)
                Assert.Equal(folder.Rows, rows);
            refusals += refused is null ? 0 : 1;
        }

        Assert.True(refusals > 1);
    }

    [Fact]
    public async Task What_was_not_synced_may_be_missing_from_any_file_on()
    {
        var folder = CheckedDatabaseFolder.Fill(_scratch, isEachBatchSynced: false, turns: 2, isNoted: false);
        var (first, second) = (folder.WriteAheadLogs[0], folder.WriteAheadLogs[1]);
        var good = folder.Files[first];
        var batches = CheckedDatabaseFolder.Batches(good);
        Assert.Equal(folder.Rows, (await folder.TryAsync("", null)).Rows);

        // The power went before anything of either was synced but the first fifteen rows.
        const int synced = 15;
        var begin = batches.Count - 1 - 20;
        for (var rows = synced; rows < 20; rows++)
        {
            var end = batches[begin + rows];
            Assert.Equal(rows, (await folder.TryAsync(first, good[..end])).Rows);
            Assert.Equal(rows, (await folder.TryAsync(first, good[..(end + 100)])).Rows);
            var torn = (byte[])good.Clone();
            torn[end + 50] ^= 1;
            Assert.Equal(rows, (await folder.TryAsync(first, torn)).Rows);
        }

        Assert.Equal(20, (await folder.TryAsync(second, [])).Rows);
        Assert.Equal(20, (await folder.TryAsync(second, null)).Rows);

        // Below the mark it is damage.
        foreach (var end in (int[])[0, batches[begin + synced - 1], batches[begin + synced] - 1])
            Assert.NotNull((await folder.TryAsync(first, good[..end])).Refused);
        Assert.NotNull((await folder.TryAsync(first, null)).Refused);
    }
}
