using LiveChat.Protocol.Ids;
using LiveChat.Server.Backups;
using LiveChat.Server.Hosting;
using LiveChat.Server.Transfers;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveChat.Server;

/// <summary>What the command line sees of moves into a cluster, of exports and of imports.</summary>
public static class LiveChatTransfers
{
    /// <summary>Moves a data folder into the Kafka and Cassandra that options name.</summary>
    /// <param name="from">The data folder, which no server uses.</param>
    /// <param name="args">The options that a server of the cluster is started with, as for
    /// <see cref="LiveChatServer.RunAsync"/>.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="cancellationToken">Ends it; the next call goes on.</param>
    /// <exception cref="TransferException">It is not done.</exception>
    public static Task<TransferReport> MoveAsync(
        string from, string[] args, IProgress<BackupProgress> progress, CancellationToken cancellationToken) =>
        ClusterMove.RunAsync(
            from, OptionsOf(args), progress, TimeProvider.System, NullLoggerFactory.Instance, cancellationToken);

    /// <summary>Writes everything that a stopped data folder holds into a file, or what one user has.</summary>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="file">The file, which must not be there.</param>
    /// <param name="user">The user; null for everything.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="cancellationToken">Ends it; there is no file then.</param>
    /// <exception cref="TransferException">There is no file.</exception>
    public static async Task<TransferReport> ExportAsync(
        string dataFolder, string file, string? user, IProgress<BackupProgress> progress,
        CancellationToken cancellationToken)
    {
        var owner = UserOf(user);
        await using var folder = await WholeFolder.OpenAsync(
            dataFolder, progress, TimeProvider.System, NullLoggerFactory.Instance, cancellationToken);
        return await new Export(folder, progress).RunAsync(file, owner, cancellationToken);
    }

    /// <summary>As <see cref="ExportAsync"/>, of a backup, which is restored aside.</summary>
    /// <param name="place">Where the backups are.</param>
    /// <param name="id">Which one; null for the newest.</param>
    /// <param name="scratch">A folder with room for it.</param>
    /// <param name="file">The file, which must not be there.</param>
    /// <param name="user">The user; null for everything.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="cancellationToken">Ends it; there is no file then.</param>
    /// <exception cref="TransferException">There is no file.</exception>
    /// <exception cref="BackupException">The backup cannot be restored.</exception>
    public static async Task<TransferReport> ExportBackupAsync(
        string place, string? id, string scratch, string file, string? user, IProgress<BackupProgress> progress,
        CancellationToken cancellationToken)
    {
        _ = UserOf(user);
        var folder = Path.Combine(scratch, $"livechat-export-{Environment.ProcessId}");
        try
        {
            await LiveChatBackups.RestoreAsync(place, id, folder, progress, cancellationToken);
            return await ExportAsync(folder, file, user, progress, cancellationToken);
        }
        finally
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Makes a data folder of an export.</summary>
    /// <param name="file">The file.</param>
    /// <param name="dataFolder">An empty folder, one that is not there, or one in which the same import was cut off.
    /// </param>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="cancellationToken">Ends it; the next call goes on.</param>
    /// <exception cref="TransferException">It is not done.</exception>
    public static Task<TransferReport> ImportAsync(
        string file, string dataFolder, IProgress<BackupProgress> progress, CancellationToken cancellationToken)
    {
        var partitions = OptionsOf([]).Partitions;
        return new Import(file, partitions, progress, TimeProvider.System, NullLoggerFactory.Instance)
            .RunAsync(dataFolder, cancellationToken);
    }

    private static ServerOptions OptionsOf(string[] args)
    {
        try
        {
            return ServerConfiguration.Read(args);
        }
        catch (InvalidDataException wrong)
        {
            throw new TransferException(BackupFault.Asked, wrong.Message, wrong);
        }
    }

    private static UserId? UserOf(string? user) =>
        user is null ? null
        : UserId.TryParse(user, out var id) ? id
        : throw new TransferException(BackupFault.Asked, $"'{user}' is not the id of a user.");
}
