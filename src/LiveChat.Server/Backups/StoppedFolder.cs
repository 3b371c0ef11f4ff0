using LiveChat.Core.Log;
using LiveChat.Embedded;
using LiveChat.Embedded.Backups;
using LiveChat.Embedded.Disk;
using LiveChat.Embedded.Log;
using LiveChat.Server.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveChat.Server.Backups;

/// <summary>A data folder that no server uses: opened as a server opens it, for one piece of work.</summary>
internal static class StoppedFolder
{
    /// <summary>Takes a checkpoint.</summary>
    /// <exception cref="BackupException">A server uses the folder, or it cannot be opened.</exception>
    /// <exception cref="CheckpointException">No checkpoint could be taken.</exception>
    public static async Task TakeCheckpointAsync(
        string dataFolder, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!DataFolder.IsAt(dataFolder))
            throw new BackupException(
                BackupFault.Asked, $"There is no data folder at {dataFolder}: name one with --data.");
        try
        {
            await using var opened = new OpenedParts();
            var folder = opened.Add(DataFolder.Open(dataFolder));
            var options = ServerConfiguration.Read([]);
            options.Partitions = LogStore.PartitionsIn(folder.LogPath) is > 0 and var made ? made : options.Partitions;
            var stores = await FolderStores.OpenAsync(opened, folder, options, time, NullLoggerFactory.Instance);
            await stores.TakeCheckpoint!(cancellationToken);
        }
        catch (DataFolderException refused)
        {
            throw new BackupException(
                BackupFault.Asked,
                $"{refused.Message} A running server takes the checkpoint when --internal names its internal address.",
                refused);
        }
        catch (Exception damaged) when (damaged is LogFailedException or DataDamagedException or InvalidDataException)
        {
            throw new BackupException(BackupFault.Refused, damaged.Message, damaged);
        }
    }
}
