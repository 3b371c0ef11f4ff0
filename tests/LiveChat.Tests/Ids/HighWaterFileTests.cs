using LiveChat.Core.Ids;
using LiveChat.Embedded;
using LiveChat.Embedded.Ids;
using Xunit;

namespace LiveChat.Tests.Ids;

public sealed class HighWaterFileTests : IDisposable
{
    private static readonly HighWater Mark = new(700, new Guid("0123456789abcdef0123456789abcdef"), 1_800_000_000_123);

    private readonly string _path = Directory.CreateTempSubdirectory("livechat-lease-").FullName;

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void What_was_written_last_is_there_also_when_it_is_lower()
    {
        using var folder = DataFolder.Open(_path);
        Assert.Null(Reopened(folder));
        Write(folder, Mark);
        Assert.Equal(Mark, Reopened(folder));
        Write(folder, Mark with { MarkMs = 9 });
        Assert.Equal(Mark with { MarkMs = 9 }, Reopened(folder));
    }

    [Fact]
    public void A_torn_write_leaves_the_former_value_and_a_damaged_file_none()
    {
        using var folder = DataFolder.Open(_path);
        Write(folder, Mark);
        Write(folder, Mark with { MarkMs = 9 });
        var path = Path.Combine(_path, HighWaterFile.FileName);
        var bytes = File.ReadAllBytes(path);
        bytes[SlotFile.SlotLength + 17] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Equal(Mark, Reopened(folder));
        File.WriteAllBytes(path, new byte[bytes.Length]);
        Assert.Null(Reopened(folder));
    }

    [Fact]
    public void A_copy_of_the_folder_answers_nothing()
    {
        using (var folder = DataFolder.Open(_path)) Write(folder, Mark);
        var copy = Directory.CreateTempSubdirectory("livechat-lease-").FullName;
        try
        {
            using var folder = DataFolder.Open(copy);
            File.Copy(Path.Combine(_path, HighWaterFile.FileName), Path.Combine(copy, HighWaterFile.FileName));
            Assert.Null(Reopened(folder));
            Write(folder, Mark);
            Assert.Equal(Mark, Reopened(folder));
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    [Fact]
    public void One_process_at_a_time_has_it()
    {
        using var folder = DataFolder.Open(_path);
        using var first = HighWaterFile.Open(folder);
        Assert.Throws<DataFolderException>(() => HighWaterFile.Open(folder));
    }

    private static HighWater? Reopened(DataFolder folder)
    {
        using var file = HighWaterFile.Open(folder);
        return file.Read();
    }

    private static void Write(DataFolder folder, HighWater mark)
    {
        using var file = HighWaterFile.Open(folder);
        _ = file.Read();
        file.Write(mark);
    }
}
