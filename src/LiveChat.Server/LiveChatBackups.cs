using LiveChat.Server.Backups;
using LiveChat.Server.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveChat.Server;

/// <summary>What the command line sees of backups: of a data folder, to a folder or an S3 address, and back.</summary>
public static class LiveChatBackups
{
    /// <summary>Makes a backup of a data folder, also while a server uses it.</summary>
    /// <param name="request">Of what, and to where.</param>
    /// <param name="askServer">Asks the server of the data folder to take a checkpoint; false when no server answers.
    /// </param>
    /// <param name="cancellationToken">Ends it; there is no backup then.</param>
    /// <exception cref="BackupException">There is no backup.</exception>
    public static async Task<BackupReport> CreateAsync(
        BackupRequest request, Func<CancellationToken, Task<bool>> askServer, CancellationToken cancellationToken)
    {
        if (FolderStores.WhyNoCheckpoint(request.DataFolder) is { } reason)
            throw new BackupException(BackupFault.Asked, reason);
        using var place = BackupPlaces.Open(request.Place);
        var order = new BackupOrder(request.Progress, request.Keep, request.WithoutSecret)
        {
            KeepFor = request.KeepFor,
        };
        return await new BackupCreation(new BackupShelf(place), request.DataFolder, order, TimeProvider.System)
            .RunAsync(
                async token =>
                {
                    if (await askServer(token)) return;
                    await StoppedFolder.TakeCheckpointAsync(request.DataFolder, TimeProvider.System, token);
                },
                cancellationToken);
    }

    /// <summary>The backups of a place, the oldest first.</summary>
    /// <exception cref="BackupException">The place cannot be read, or has none.</exception>
    public static async Task<IReadOnlyList<BackupReport>> ListAsync(string place, CancellationToken cancellationToken)
    {
        using var opened = BackupPlaces.Open(place);
        var backups = await new BackupShelf(opened).AllAsync(cancellationToken);
        return [.. backups.Select(static backup => backup.Report())];
    }

    /// <summary>Restores a backup into a folder of its own, compares every chat with what was noted when it was made,
    /// and deletes the folder.</summary>
    /// <param name="place">Where it is.</param>
    /// <param name="id">Which one; null for the newest.</param>
    /// <param name="scratch">Where there is room for a while.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="BackupException">It cannot be restored.</exception>
    public static async Task<BackupReport> VerifyAsync(
        string place, string? id, string scratch, IProgress<BackupProgress> progress,
        CancellationToken cancellationToken)
    {
        using var opened = BackupPlaces.Open(place);
        var shelf = new BackupShelf(opened);
        var manifest = await shelf.FindAsync(id, cancellationToken);
        return await new BackupVerification(shelf, manifest, progress, NullLoggerFactory.Instance)
            .RunAsync(scratch, cancellationToken);
    }

    /// <summary>Makes a data folder of a backup.</summary>
    /// <param name="place">Where it is.</param>
    /// <param name="id">Which one; null for the newest.</param>
    /// <param name="dataFolder">An empty folder, or one that is not there yet.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="cancellationToken">Ends it; the folder is empty then.</param>
    /// <exception cref="BackupException">Nothing was restored.</exception>
    public static async Task<BackupReport> RestoreAsync(
        string place, string? id, string dataFolder, IProgress<BackupProgress> progress,
        CancellationToken cancellationToken)
    {
        using var opened = BackupPlaces.Open(place);
        var shelf = new BackupShelf(opened);
        var manifest = await shelf.FindAsync(id, cancellationToken);
        await new BackupRestoration(shelf, manifest, progress, NullLoggerFactory.Instance)
            .RunAsync(dataFolder, lookAt: null, cancellationToken);
        return manifest.Report();
    }
}
