using LiveChat.Server.Backups;
using Xunit;

namespace LiveChat.Tests.Server.Backups;

public sealed class FolderPlaceTests : BackupPlaceContract, IDisposable
{
    private readonly string _path = TestServer.NewFolder();

    public void Dispose()
    {
        if (Directory.Exists(_path)) Directory.Delete(_path, recursive: true);
    }

    internal override Task<IBackupPlace> OpenAsync() => Task.FromResult<IBackupPlace>(new FolderPlace(_path));

    [Fact]
    public async Task What_is_put_is_for_its_owner_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes of files.");
        if (OperatingSystem.IsWindows()) return;
        using var place = await OpenAsync();
        using var content = new MemoryStream([1]);
        await place.PutAsync("files/one", content, default);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(_path, "files", "one")));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_path));
    }
}
