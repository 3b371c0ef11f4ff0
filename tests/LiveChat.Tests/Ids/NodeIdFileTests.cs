using LiveChat.Core.Ids;
using LiveChat.Embedded;
using LiveChat.Embedded.Ids;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Ids;

public sealed class NodeIdFileTests : IDisposable
{
    private const long StartMs = 1_800_000_000_000;

    private readonly string _path = Directory.CreateTempSubdirectory("livechat-ids-").FullName;
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeMilliseconds(StartMs));

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void After_a_good_end_ids_go_on_at_once()
    {
        var last = Issue(10)[^1];
        var next = Issue(1)[0];
        Assert.True(next > last);
        Assert.Equal(StartMs + 1, Snowflake.UnixMilliseconds(next));
    }

    [Fact]
    public void After_a_crash_ids_go_on_above_everything_that_may_have_been_issued()
    {
        using var folder = DataFolder.Open(_path);
        var path = Path.Combine(_path, "node-id");
        ulong issued;
        byte[] left;
        using (var file = NodeIdFile.Open(folder, _time))
        {
            issued = file.Generator.Next();
            left = ReadLocked(path);
        }

        // As if the process had died before the end above.
        File.WriteAllBytes(path, left);
        _time.AdjustTime(_time.GetUtcNow() - TimeSpan.FromSeconds(1));
        using var reopened = NodeIdFile.Open(folder, _time);
        var next = reopened.Generator.Next();
        Assert.True(next > issued);
        Assert.Equal(StartMs + (long)NodeIdFile.Ahead.TotalMilliseconds, Snowflake.UnixMilliseconds(next));
    }

    [Fact]
    public void A_clock_far_behind_the_high_water_mark_refuses_until_it_is_there()
    {
        var last = Issue(1)[0];
        _time.AdjustTime(_time.GetUtcNow() - TimeSpan.FromHours(1));
        Assert.Throws<IdUnavailableException>(() => Issue(1));
        _time.AdjustTime(_time.GetUtcNow() + TimeSpan.FromHours(1));
        Assert.True(Issue(1)[0] > last);
    }

    [Fact]
    public void A_torn_write_of_one_slot_leaves_the_other()
    {
        var last = Issue(1)[0];
        var file = Path.Combine(_path, "node-id");
        var bytes = File.ReadAllBytes(file);
        bytes[10] ^= 1;
        File.WriteAllBytes(file, bytes);
        Assert.True(Issue(1)[0] > last);
    }

    [Fact]
    public void A_damaged_file_is_refused_with_what_to_do()
    {
        Issue(1);
        var file = Path.Combine(_path, "node-id");
        File.WriteAllBytes(file, new byte[new FileInfo(file).Length]);
        var refused = Assert.Throws<DataFolderException>(() => Issue(1));
        Assert.Contains("Restore it from a backup", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_id_is_held_by_one_at_a_time()
    {
        using var folder = DataFolder.Open(_path);
        using var first = NodeIdFile.Open(folder, _time);
        Assert.Throws<DataFolderException>(() => NodeIdFile.Open(folder, _time));
    }

    /// <summary>The lock is advisory, but .NET keeps to it: copied from outside.</summary>
    private static byte[] ReadLocked(string path)
    {
        var copy = path + ".copy";
        using (var cp = System.Diagnostics.Process.Start("cp", [path, copy]))
        {
            cp.WaitForExit();
        }

        return File.ReadAllBytes(copy);
    }

    private List<ulong> Issue(int count)
    {
        using var folder = DataFolder.Open(_path);
        using var file = NodeIdFile.Open(folder, _time);
        return [.. Enumerable.Range(0, count).Select(_ => file.Generator.Next())];
    }
}
