using System.Security.Cryptography;
using LiveChat.Embedded;
using LiveChat.Embedded.Backups;
using LiveChat.Embedded.Disk;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Backups;

/// <summary>
/// Makes a data folder of a backup, in an empty folder. Every file is compared with the manifest while it is copied.
/// The folder becomes a data folder last; until then no server starts with it, and what fails before deletes what was
/// put there. One thread.
/// </summary>
internal sealed class BackupRestoration(
    BackupShelf shelf, BackupManifest manifest, IProgress<BackupProgress> progress, ILoggerFactory loggers)
{
    private const int BufferBytes = 1 << 20;

    /// <summary>What RocksDB says of a full disk has no other sign.</summary>
    private const string NoRoom = "No space left on device";

    /// <param name="path">An empty folder, or one that is not there yet.</param>
    /// <param name="lookAt">Looks at the folder with all files in place, before it is made another one; may be null.
    /// </param>
    /// <param name="cancellationToken">Ends it; the folder is empty then.</param>
    /// <exception cref="BackupException">Nothing was restored.</exception>
    public async Task RunAsync(string path, Action<string>? lookAt, CancellationToken cancellationToken)
    {
        var isNew = !Directory.Exists(path);
        using var folder = Open(path);
        try
        {
            await FillAsync(folder, cancellationToken);
            if (lookAt is not null) await Task.Run(() => lookAt(folder.Path), cancellationToken);
            progress.Report(new BackupProgress("Making a data folder of it"));
            await BeginLifeAsync(folder, cancellationToken);
        }
        catch (Exception failed)
        {
            Empty(folder.Path, isNew);
            if (failed is CheckpointException or DataDamagedException)
                throw new BackupException(
                    failed.Message.Contains(NoRoom, StringComparison.Ordinal)
                        ? BackupFault.Refused
                        : BackupFault.Damaged,
                    failed.Message,
                    failed);
            if (failed is IOException or UnauthorizedAccessException or DataFolderException)
                throw new BackupException(
                    BackupFault.Refused, $"The folder {folder.Path} cannot be filled: {failed.Message}", failed);
            throw;
        }
    }

    private static DataFolder Open(string path)
    {
        try
        {
            return DataFolder.OpenEmpty(path);
        }
        catch (DataFolderException refused)
        {
            throw new BackupException(
                BackupFault.Asked, $"{refused.Message} A backup is restored over nothing that is there.", refused);
        }
    }

    private async Task FillAsync(DataFolder folder, CancellationToken cancellationToken)
    {
        folder.Make(folder.HistoryPath);
        var (total, done) = (manifest.Files.Sum(static file => file.Bytes), 0L);
        foreach (var file in manifest.Files)
        {
            await CopyAsync(file, Path.Combine(folder.Path, file.Path), cancellationToken);
            done += file.Bytes;
            progress.Report(new BackupProgress("Copying", done, total));
        }

        OwnFiles.SyncNames(folder.HistoryPath);
        folder.Sync();
    }

    private async Task CopyAsync(BackupFile file, string target, CancellationToken cancellationToken)
    {
        await using var content = await shelf.OpenAsync(file, cancellationToken);
        await using var copy = new FileStream(target, OwnFiles.Options(FileMode.CreateNew, FileShare.None));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes];
        while (await content.ReadAsync(buffer, cancellationToken) is > 0 and var length)
        {
            hash.AppendData(buffer, 0, length);
            await copy.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
            if (copy.Length > file.Bytes) break;
        }

        if (copy.Length != file.Bytes || Convert.ToHexStringLower(hash.GetHashAndReset()) != file.Sha256)
            throw new BackupException(
                BackupFault.Damaged,
                $"The backup {manifest.Id} in {shelf.Address} is damaged: {file.Path} (files/{file.Sha256}) is not "
                + "what was written. Take another backup.");
        copy.Flush(flushToDisk: true);
    }

    private async Task BeginLifeAsync(DataFolder folder, CancellationToken cancellationToken)
    {
        var about = await CheckpointAbout.ReadAsync(folder.Path, cancellationToken);
        using (var restore = FolderRestore.Open(folder, about, loggers))
        {
            await restore.RunAsync(
                Path.Combine(folder.Path, BackupManifest.TailPath),
                Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        }

        foreach (var name in BackupManifest.CheckpointPaths)
            File.Delete(Path.Combine(folder.Path, name));
        folder.CompleteFilled();
    }

    private static void Empty(string path, bool isNew)
    {
        if (isNew)
        {
            Directory.Delete(path, recursive: true);
            return;
        }

        foreach (var entry in new DirectoryInfo(path).EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo { Name: not "lost+found" } below) below.Delete(recursive: true);
            else if (entry is FileInfo) entry.Delete();
        }
    }
}
