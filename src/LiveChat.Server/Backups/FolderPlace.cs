using System.Security.Cryptography;
using LiveChat.Embedded.Disk;

namespace LiveChat.Server.Backups;

/// <summary>A folder with backups. A file is written aside, synced and moved to its name. All of it is for its owner
/// alone.</summary>
internal sealed class FolderPlace(string path) : IBackupPlace
{
    /// <summary>Stands in the name of a file that is being written.</summary>
    private const string Aside = ".part-";

    private readonly string _path = Path.GetFullPath(path);

    public string Address => path;

    public Task<IReadOnlyDictionary<string, long>> ListAsync(string folder, CancellationToken cancellationToken) =>
        DoAsync(() =>
        {
            var listed = new DirectoryInfo(Path.Combine(_path, folder));
            return Task.FromResult<IReadOnlyDictionary<string, long>>(listed.Exists
                ? listed.EnumerateFileSystemInfos()
                    .Where(static entry => !entry.Name.Contains(Aside, StringComparison.Ordinal))
                    .ToDictionary(static entry => entry.Name, static entry => (entry as FileInfo)?.Length ?? 0)
                : []);
        });

    public Task<Stream> OpenAsync(string name, CancellationToken cancellationToken) => DoAsync(() =>
        Task.FromResult<Stream>(new FileStream(
            Path.Combine(_path, name), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 20)));

    public Task PutAsync(string name, Stream content, CancellationToken cancellationToken) => DoAsync(async () =>
    {
        var target = Path.Combine(_path, name);
        var folder = Path.GetDirectoryName(target)!;
        OwnFiles.CreateFolder(_path);
        OwnFiles.CreateFolder(folder);
        var aside = $"{target}{Aside}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
        try
        {
            await using (var file = new FileStream(aside, OwnFiles.Options(FileMode.CreateNew, FileShare.None)))
            {
                await content.CopyToAsync(file, cancellationToken);
                file.Flush(flushToDisk: true);
            }

            File.Move(aside, target, overwrite: true);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }

        OwnFiles.SyncNames(folder);
        return true;
    });

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => DoAsync(() =>
    {
        File.Delete(Path.Combine(_path, name));
        return Task.FromResult(true);
    });

    public void Dispose()
    {
        // Nothing is kept open.
    }

    private async Task<T> DoAsync<T>(Func<Task<T>> action)
    {
        try
        {
            return await action();
        }
        catch (Exception failed) when (failed is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BackupException(
                BackupFault.Damaged, $"A file of the backups in {Address} is missing: {failed.Message}", failed);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new BackupException(
                BackupFault.Refused, $"The folder {Address} cannot be used: {failed.Message}", failed);
        }
    }
}
