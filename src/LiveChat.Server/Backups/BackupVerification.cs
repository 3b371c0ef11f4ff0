using System.Globalization;
using LiveChat.Embedded.Backups;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Backups;

/// <summary>
/// Restores a backup into a folder of its own, compares counts and checksums of every chat and every table with those
/// that were taken with the backup, and deletes the folder. One thread.
/// </summary>
internal sealed class BackupVerification(
    BackupShelf shelf, BackupManifest manifest, IProgress<BackupProgress> progress, ILoggerFactory loggers)
{
    private const int NamedMax = 20;

    private readonly List<string> _wrong = [];

    /// <param name="scratch">The folder in which that of its own is made.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="BackupException">It cannot be restored.</exception>
    public async Task<BackupReport> RunAsync(string scratch, CancellationToken cancellationToken)
    {
        var path = Path.Combine(scratch, $"livechat-verify-{manifest.Id}-{Environment.ProcessId}");
        var sums = path + ".chats";
        try
        {
            await new BackupRestoration(shelf, manifest, progress, loggers).RunAsync(
                path, folder => LookAt(folder, sums), cancellationToken);
            progress.Report(new BackupProgress("Comparing the chats"));
            await Task.Run(() => CompareChats(path, sums), cancellationToken);
            return manifest.Report() with { Wrong = _wrong };
        }
        finally
        {
            File.Delete(sums);
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        }
    }

    /// <summary>The tables of users as they were; a restore may add claims. The sums of the chats are kept for later.
    /// </summary>
    private void LookAt(string folder, string sums)
    {
        File.Copy(Path.Combine(folder, BackupManifest.SumsPath), sums);
        using var history = HistorySums.Open(Path.Combine(folder, CheckpointFolder.HistoryName));
        foreach (var found in history.Tables().Select(BackupTable.Of))
        {
            var noted = manifest.Tables.FirstOrDefault(table => table.Name == found.Name);
            if (noted != found)
                _wrong.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"The table {found.Name} has {found.Rows} rows with the checksum {found.Sum}; noted are "
                    + $"{noted?.Rows ?? 0} with {noted?.Sum ?? "none"}."));
        }
    }

    private void CompareChats(string folder, string sums)
    {
        using var history = HistorySums.Open(Path.Combine(folder, CheckpointFolder.HistoryName));
        var others = 0L;
        foreach (var chat in ChatSumsFile.Differences(ChatSumsFile.Read(sums), history.Chats()))
        {
            if (others++ < NamedMax)
                _wrong.Add($"The chat {chat} has other rows than were noted.");
        }

        if (others > NamedMax) _wrong.Add($"{others} chats in all have other rows than were noted.");
    }
}
