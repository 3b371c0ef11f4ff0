using LiveChat.Embedded.Backups;
using LiveChat.Server;
using LiveChat.Server.Backups;
using Xunit;

namespace LiveChat.Tests.Server.Backups;

/// <summary>Every way in which a backup or the place of one can be wrong: each is said with a sentence, nothing
/// half-done is taken for whole, and the server goes on.</summary>
public sealed class BackupFaultTests
{
    private static readonly Dictionary<string, Row> Rows = new()
    {
        ["a file is cut"] = Row.OfBackup(BackupFault.Damaged, "is not what was written", static place =>
            Change(LargestFile(place), static bytes => bytes[..^1])),
        ["a file is longer"] = Row.OfBackup(BackupFault.Damaged, "is not what was written", static place =>
            Change(LargestFile(place), static bytes => [.. bytes, 0])),
        ["a file is altered"] = Row.OfBackup(BackupFault.Damaged, "is not what was written", static place =>
            Change(LargestFile(place), Flip)),
        ["a file is missing"] = Row.OfBackup(BackupFault.Damaged, "is missing", static place =>
            File.Delete(LargestFile(place))),
        ["the manifest is cut"] = Row.OfBackup(BackupFault.Damaged, "its manifest is not what was written",
            static place => Change(Manifest(place), static bytes => bytes[..(bytes.Length / 2)])),
        ["the manifest is empty"] = Row.OfBackup(BackupFault.Damaged, "its manifest is not what was written",
            static place => Change(Manifest(place), static _ => [])),
        ["the manifest is altered"] = Row.OfBackup(BackupFault.Damaged, "its manifest is not what was written",
            static place => Change(Manifest(place), Flip)),
        ["the manifest has another name"] = Row.OfBackup(BackupFault.Damaged, "names what no backup has",
            static place => File.Move(Manifest(place), Manifest(place) + "0")),
        ["the manifest leads out of the folder"] = Row.OfBackup(BackupFault.Damaged, "names what no backup has",
            static place => Rewrite(place, "\"history/CURRENT\"", "\"history/../../x\"")),
        ["the backup is of a later version"] = Row.OfBackup(BackupFault.Damaged, "restore it with the version",
            static place => Rewrite(place, "\"format\":1", "\"format\":2")),
        ["the backup is of another installation than the place"] = Row.OfBackup(
            BackupFault.Damaged, "of another installation",
            static place => File.WriteAllText(Path.Combine(place, "livechat-backups"), "1 0123456789abcdef\n")),
        ["the mark of the place is damaged"] = Row.OfBackup(BackupFault.Damaged, "is damaged",
            static place => File.WriteAllText(Path.Combine(place, "livechat-backups"), "")),
        ["no backup was completed"] = Row.OfBackup(BackupFault.Asked, "has no backup that was completed",
            static place => File.Delete(Manifest(place))),
        ["the place is empty"] = Row.OfBackup(BackupFault.Asked, "has no backups of LiveChat",
            static place => Directory.Delete(place, recursive: true)),
        ["the place is another's"] = Row.OfPlace(BackupFault.Asked, "the backups of another installation",
            static place => File.WriteAllText(
                Path.Combine(Directory.CreateDirectory(place).FullName, "livechat-backups"), "1 0123456789abcdef\n")),
        ["the place holds something else"] = Row.OfPlace(BackupFault.Asked, "is not empty",
            static place => File.WriteAllText(
                Path.Combine(Directory.CreateDirectory(place).FullName, "letters.txt"), "Dear")),
        ["the place is a file"] = Row.OfPlace(BackupFault.Refused, "cannot be used",
            static place => File.WriteAllText(place, "")),
        ["the target is not empty"] = Row.OfTarget(BackupFault.Asked, "is not empty",
            static target => File.WriteAllText(
                Path.Combine(Directory.CreateDirectory(target).FullName, "letters.txt"), "Dear")),
        ["the target is a file"] = Row.OfTarget(BackupFault.Asked, "cannot be used",
            static target => File.WriteAllText(target, "")),
    };

    public static TheoryData<string> Names => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_is_wrong_is_said_and_nothing_is_half_done(string name)
    {
        var row = Rows[name];
        await using var backed = await BackedUpServer.StartAsync();
        await backed.SayAsync("kept");
        var target = backed.NewFolder();
        if (row.HasBackup) await backed.CreateAsync();
        row.Break(row.IsOfTarget ? target : backed.Place);
        var before = Tree(target);

        foreach (var attempt in row.HasBackup
            ? (Func<Task>[])[() => backed.RestoreAsync(target), () => row.IsOfTarget
                ? backed.RestoreAsync(target)
                : backed.VerifyAsync()]
            : [() => backed.CreateAsync()])
        {
            var refused = await Assert.ThrowsAsync<BackupException>(attempt);
            Assert.Equal(row.Fault, refused.Fault);
            Assert.Contains(row.Says, refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, Tree(target));
        Assert.False(Directory.Exists(Path.Combine(backed.Server.Data, "checkpoint")));
        Assert.Equal(3, (await backed.SayAsync("still there")).Seq);
        await backed.CreateAsync(backed.NewFolder());
    }

    [Fact]
    public async Task A_folder_in_use_is_no_target()
    {
        await using var backed = await BackedUpServer.StartAsync();
        await backed.CreateAsync();
        var refused = await Assert.ThrowsAsync<BackupException>(() => backed.RestoreAsync(backed.Server.Data));
        Assert.Equal(BackupFault.Asked, refused.Fault);
        Assert.Contains("in use by another process", refused.Message, StringComparison.Ordinal);
        await backed.SayAsync("still there");
    }

    [Theory]
    [InlineData("cassandra-keyspace", "nodetool snapshot")]
    [InlineData("kafka-topic", "stop the server and copy the data folder")]
    public async Task A_folder_whose_chats_are_elsewhere_is_refused_with_the_procedure(string mark, string says)
    {
        var folder = Directory.CreateDirectory(TestServer.NewFolder()).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, mark), "livechat\n");
        var refused = await Assert.ThrowsAsync<BackupException>(() => LiveChatBackups.CreateAsync(
            new BackupRequest(folder, folder + "-backups", new Progress<BackupProgress>()),
            static _ => Task.FromResult(false),
            CancellationToken.None));
        Assert.Equal(BackupFault.Asked, refused.Fault);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Whichever step fails: no backup is listed that does not verify, and the next one goes well.</summary>
    [Fact]
    public async Task A_place_that_fails_at_any_step_leaves_no_half_backup()
    {
        await using var backed = await BackedUpServer.StartAsync();
        await backed.SayAsync("kept");
        var completed = 0;
        for (var step = 0; completed == 0; step++)
        {
            using var place = new FailingPlace(backed.Place, failAt: step);
            try
            {
                await backed.CreateAsync(place);
                completed++;
            }
            catch (BackupException failed)
            {
                Assert.Equal(BackupFault.Unreachable, failed.Fault);
            }

            Assert.False(Directory.Exists(Path.Combine(backed.Server.Data, "checkpoint")));
            var listed = Directory.Exists(Path.Combine(backed.Place, "backups"))
                ? Directory.GetFiles(Path.Combine(backed.Place, "backups")).Length
                : 0;
            Assert.Equal(completed, listed);
            Assert.Equal(completed > 0, LastBackup.Of(backed.Server.Data) is not null);
            Assert.InRange(step, 0, 100);
        }

        Assert.Empty((await backed.VerifyAsync()).Wrong);
    }

    private static string Manifest(string place) => Directory.GetFiles(Path.Combine(place, "backups")).Single();

    private static string LargestFile(string place) => new DirectoryInfo(Path.Combine(place, "files"))
        .GetFiles().MaxBy(static file => (file.Length, file.Name))!.FullName;

    private static void Change(string path, Func<byte[], byte[]> change) =>
        File.WriteAllBytes(path, change(File.ReadAllBytes(path)));

    private static byte[] Flip(byte[] bytes)
    {
        bytes[bytes.Length / 2] ^= 1;
        return bytes;
    }

    /// <summary>A manifest whose own checksum is right.</summary>
    private static void Rewrite(string place, string from, string to)
    {
        var line = File.ReadAllLines(Manifest(place))[0];
        Assert.Contains(from, line, StringComparison.Ordinal);
        line = line.Replace(from, to, StringComparison.Ordinal);
        var sum = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(line));
        File.WriteAllText(Manifest(place), $"{line}\n{Convert.ToHexStringLower(sum)}\n");
    }

    /// <summary>What is in a folder, but for the file that was locked.</summary>
    private static IEnumerable<string> Tree(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories)
            .Where(static path => Path.GetFileName(path) != "LOCK").Order()
        : [];

    private sealed record Row(
        BackupFault Fault, string Says, Action<string> Break, bool HasBackup, bool IsOfTarget)
    {
        public static Row OfBackup(BackupFault fault, string says, Action<string> breakIt) =>
            new(fault, says, breakIt, HasBackup: true, IsOfTarget: false);

        public static Row OfPlace(BackupFault fault, string says, Action<string> breakIt) =>
            new(fault, says, breakIt, HasBackup: false, IsOfTarget: false);

        public static Row OfTarget(BackupFault fault, string says, Action<string> breakIt) =>
            new(fault, says, breakIt, HasBackup: true, IsOfTarget: true);
    }
}
