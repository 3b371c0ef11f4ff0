using LiveChat.Embedded;
using Xunit;

namespace LiveChat.Tests;

public sealed class DataFolderTests : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("livechat-data-").FullName;

    private string Folder => Path.Combine(_parent, "data");

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    [Fact]
    public void A_new_folder_is_complete_and_for_its_owner_alone()
    {
        using var folder = DataFolder.Open(Folder);

        Assert.Equal("1\n", File.ReadAllText(Path.Combine(Folder, "FORMAT")));
        Assert.Equal("*\n", File.ReadAllText(Path.Combine(Folder, ".gitignore")));
        Assert.False(Directory.Exists(folder.LogPath)); // It may be elsewhere.
        Assert.Equal(folder.LogPath, folder.Make(folder.LogPath));
        if (!OperatingSystem.IsWindows())
        {
            const UnixFileMode file = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            Assert.Equal(file | UnixFileMode.UserExecute, File.GetUnixFileMode(Folder));
            Assert.Equal(file | UnixFileMode.UserExecute, File.GetUnixFileMode(folder.LogPath));
            Assert.Equal(file, File.GetUnixFileMode(Path.Combine(Folder, "FORMAT")));
            Assert.Equal(file, File.GetUnixFileMode(Path.Combine(Folder, "LOCK")));
        }
    }

    [Fact]
    public void A_folder_in_use_is_refused_and_free_again_after_the_end()
    {
        using (DataFolder.Open(Folder))
        {
            var refused = Assert.Throws<DataFolderException>(() => DataFolder.Open(Folder));
            Assert.Contains("in use by another process", refused.Message, StringComparison.Ordinal);
        }

        using var again = DataFolder.Open(Folder);
    }

    [Fact]
    public void Another_format_is_refused_with_what_to_do()
    {
        DataFolder.Open(Folder).Dispose();
        File.WriteAllText(Path.Combine(Folder, "FORMAT"), "2\n");
        var refused = Assert.Throws<DataFolderException>(() => DataFolder.Open(Folder));
        Assert.Contains("has format 2", refused.Message, StringComparison.Ordinal);
        Assert.Contains("run the program version that wrote it", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("LOCK")]
    [InlineData("LOCK", "log/")]
    [InlineData("LOCK", "log/", "history/")]
    [InlineData("LOCK", "log/", "history/", "FORMAT.new")]
    public void A_folder_that_a_crash_left_half_made_is_completed(params string[] made)
    {
        Make(made);
        using var folder = DataFolder.Open(Folder);
        Assert.Equal("1\n", File.ReadAllText(Path.Combine(Folder, "FORMAT")));
        Assert.Equal(made.Contains("log/"), Directory.Exists(folder.LogPath));
        Assert.False(File.Exists(Path.Combine(Folder, "FORMAT.new")));
    }

    [Theory]
    [InlineData("letters.txt")]
    [InlineData("log/", "log/CURRENT")]
    [InlineData("photos/")]
    public void Something_else_is_not_taken_for_a_data_folder(params string[] made)
    {
        Make(made);
        var refused = Assert.Throws<DataFolderException>(() => DataFolder.Open(Folder));
        Assert.Contains("not a data folder", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Folder, "FORMAT")));
    }

    [Fact]
    public void A_file_in_its_place_is_refused_with_a_sentence()
    {
        File.WriteAllText(Folder, "");
        Assert.Throws<DataFolderException>(() => DataFolder.Open(Folder));
    }

    private void Make(string[] made)
    {
        Directory.CreateDirectory(Folder);
        foreach (var name in made)
        {
            var path = Path.Combine(Folder, name);
            if (name.EndsWith('/'))
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                File.WriteAllText(path, "");
            }
        }
    }
}
