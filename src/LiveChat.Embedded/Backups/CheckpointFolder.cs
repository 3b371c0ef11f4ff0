namespace LiveChat.Embedded.Backups;

/// <summary>
/// The folder of a checkpoint, in the data folder while a backup copies it:
/// <code>
/// checkpoint/history/  history as it was at one moment; RocksDB links its immutable files
/// checkpoint/tail      the records of the log that this history had not passed (LogTail)
/// checkpoint/about     what it is of (CheckpointAbout); written last, so that a checkpoint with it is whole
/// backup-lock          held by the process that copies the checkpoint, or deletes one that was left over
/// </code>
/// Any thread.
/// </summary>
internal static class CheckpointFolder
{
    public const string HistoryName = "history";
    public const string TailName = "tail";
    public const string AboutName = "about";
    private const string Name = "checkpoint";
    private const string LockName = "backup-lock";

    /// <summary>Where the checkpoint of a data folder lies.</summary>
    public static string PathOf(string dataFolder) => Path.Combine(dataFolder, Name);

    /// <summary>Keeps other backups away from the data folder until it is disposed of.</summary>
    /// <exception cref="CheckpointException">A backup is under way.</exception>
    public static IDisposable Hold(string dataFolder)
    {
        try
        {
            return DataFolder.OpenLocked(dataFolder, LockName);
        }
        catch (DataFolderException held)
        {
            throw new CheckpointException(
                $"A backup of the data folder {dataFolder} is under way: wait until it has ended.", held);
        }
    }

    public static void Delete(string dataFolder)
    {
        var path = PathOf(dataFolder);
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
    }

    /// <summary>Deletes what a backup left behind that was killed: its links keep files of history on the disk. While
    /// a backup is under way nothing is deleted.</summary>
    public static void DeleteLeftOver(string dataFolder)
    {
        if (!Directory.Exists(PathOf(dataFolder))) return;
        try
        {
            using var held = Hold(dataFolder);
            Delete(dataFolder);
        }
        catch (CheckpointException)
        {
            // The process that holds the lock deletes it.
        }
    }
}
