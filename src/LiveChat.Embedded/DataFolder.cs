using System.Globalization;
using LiveChat.Embedded.Disk;
using Microsoft.Win32.SafeHandles;

namespace LiveChat.Embedded;

/// <summary>
/// The folder in which a node without services keeps everything:
/// <code>
/// LOCK      held by the process that uses the folder
/// FORMAT    the version of this layout, one line; written last, so that a folder with it is complete
/// secret    the key under which tokens are signed
/// node-id   the node id and the high-water mark of the ids
/// folder-id which folder it is; the log and history name it too (FolderParts)
/// kafka-topic  which topic the chats stand in, when the message log is on Kafka
/// log/      the message log, when it is here
/// history/  everything else, when it is here
/// checkpoint/  what a backup copies, while one does (CheckpointFolder)
/// last-backup  when it was last backed up (LastBackup)
/// import    how far an import is that is not done; imported: of which file the folder was made
/// moved-to  the keyspace of Cassandra into which the chats were moved
/// .gitignore  keeps the whole folder out of git, in whatever checkout a server is started
/// </code>
/// A folder that a crash left half made has no FORMAT and is completed. Whatever is created is for its owner alone
/// (0600, 0700). Opened and closed by the host, read by anybody.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    /// <summary>The version of the layout that this code reads and writes.</summary>
    public const int Format = 1;

    /// <summary>The file by which an import knows that what is in the folder is its own.</summary>
    public const string ImportName = "import";

    private const string LockName = "LOCK";
    private const string FormatName = "FORMAT";
    private const string IgnoreName = ".gitignore";

    // EWOULDBLOCK of the two, ERROR_SHARING_VIOLATION.
    private const int LinuxLocked = 11;
    private const int MacLocked = 35;
    private const int WindowsLocked = unchecked((int)0x8007_0020);

    private readonly SafeFileHandle _lock;

    private DataFolder(string path, SafeFileHandle @lock)
    {
        Path = path;
        _lock = @lock;
    }

    public string Path { get; }

    /// <summary>Whether this run made the folder, or made it complete.</summary>
    public bool IsNew { get; private set; }

    public string LogPath => System.IO.Path.Combine(Path, "log");

    public string HistoryPath => System.IO.Path.Combine(Path, "history");

    /// <summary>Whether there is a data folder that was completed.</summary>
    public static bool IsAt(string path) => File.Exists(System.IO.Path.Combine(path, FormatName));

    /// <summary>When the folder was completed, or filled from a backup.</summary>
    public static DateTimeOffset MadeAt(string path) =>
        File.GetLastWriteTimeUtc(System.IO.Path.Combine(path, FormatName));

    private string FormatPath => System.IO.Path.Combine(Path, FormatName);

    /// <summary>Locks the folder and makes it complete; creates it when it is not there.</summary>
    /// <exception cref="DataFolderException">In use, of another version, something else, or not writable.</exception>
    public static DataFolder Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            OwnFiles.CreateFolder(path);
            var folder = new DataFolder(path, OpenLocked(path, LockName));
            try
            {
                folder.Complete();
                folder.KeepOutOfGit();
                return folder;
            }
            catch
            {
                folder.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataFolderException(
                $"The data folder {path} cannot be used: {e.Message} Give the process a folder that it may write.", e);
        }
    }

    /// <summary>Locks a folder that is empty, or makes one, to put a data folder into it. Until
    /// <see cref="CompleteFilled"/> no server takes it for one.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="begunBy">A file by which a folder that is not empty is one that was begun to be filled; null:
    /// none.</param>
    /// <exception cref="DataFolderException">In use, not empty, or not writable.</exception>
    public static DataFolder OpenEmpty(string path, string? begunBy = null)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            OwnFiles.CreateFolder(path);
            var isBegun = begunBy is not null && !IsAt(path) && File.Exists(System.IO.Path.Combine(path, begunBy));
            var other = isBegun ? null : Directory.EnumerateFileSystemEntries(path)
                .Select(static entry => System.IO.Path.GetFileName(entry))
                .FirstOrDefault(static name => name is not (LockName or "lost+found"));

            // What is somebody else's gets no lock of ours; whether a server's folder is in use its lock says.
            var isOurs = File.Exists(System.IO.Path.Combine(path, LockName));
            var held = other is null || isOurs ? OpenLocked(path, LockName) : null;
            if (other is null) return new DataFolder(path, held!);
            held?.Dispose();
            throw new DataFolderException($"The folder {path} is not empty, it holds {other}: name an empty folder.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataFolderException($"The folder {path} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Makes a data folder of one whose parts were all put into it, durably.</summary>
    public void CompleteFilled() =>
        WriteDurably(FormatName, Format.ToString(CultureInfo.InvariantCulture));

    /// <summary>Opens or creates a file of the folder, for its owner alone, and locks it while it is open.</summary>
    /// <exception cref="DataFolderException">Another process holds it.</exception>
    public SafeFileHandle OpenLocked(string name) => OpenLocked(Path, name);

    /// <summary>Makes the folder of a part where it is not there, for its owner alone. One whose part is elsewhere is
    /// not made.</summary>
    /// <param name="path"><see cref="LogPath"/> or <see cref="HistoryPath"/>.</param>
    /// <returns>The path; the folder's name is durable.</returns>
    public string Make(string path)
    {
        OwnFiles.CreateFolder(path);
        Sync();
        return path;
    }

    /// <summary>Returns when the names of the files in the folder are durable.</summary>
    public void Sync() => OwnFiles.SyncNames(Path);

    /// <summary>The line in a file of the folder; null when there is no such file.</summary>
    public string? ReadLine(string name) => OwnFiles.ReadLine(Path, name);

    /// <summary>Writes a line into a file of the folder, as a whole or not at all, and returns when it is durable.
    /// </summary>
    public void WriteDurably(string name, string line) => OwnFiles.WriteLine(Path, name, line);

    public void Dispose() => _lock.Dispose();

    private void Complete()
    {
        if (!File.Exists(FormatPath))
        {
            ThrowIfForeign();
            WriteDurably(FormatName, Format.ToString(CultureInfo.InvariantCulture));
            IsNew = true;
            return;
        }

        var text = File.ReadAllText(FormatPath).Trim();
        if (text != Format.ToString(CultureInfo.InvariantCulture))
        {
            throw new DataFolderException(
                $"The data folder {Path} has format {text}, this program reads format {Format}: run the program "
                + "version that wrote it, or restore a backup of this version into an empty folder.");
        }
    }

    /// <summary>
    /// Written once FORMAT is there: until then the folder holds only what makes it complete. A full disk keeps no
    /// server from starting for this.
    /// </summary>
    private void KeepOutOfGit()
    {
        var path = System.IO.Path.Combine(Path, IgnoreName);
        if (File.Exists(path)) return;
        try
        {
            using var file = new FileStream(path, OwnFiles.Options(FileMode.Create, FileShare.Read));
            file.Write("*\n"u8);
        }
        catch (IOException)
        {
            // The next start tries again.
        }
    }

    private void ThrowIfForeign()
    {
        if (File.Exists(System.IO.Path.Combine(Path, ImportName)))
            throw new DataFolderException(
                $"An import into the folder {Path} is not done: run livechat import again with the same file, which "
                + "goes on where it was, or empty the folder.");
        foreach (var entry in new DirectoryInfo(Path).EnumerateFileSystemInfos())
        {
            var isOurs = entry switch
            {
                DirectoryInfo folder => folder.FullName == LogPath || folder.FullName == HistoryPath
                    ? !folder.EnumerateFileSystemInfos().Any()
                    : entry.Name == "lost+found",
                _ => entry.Name is LockName or FormatName + ".new",
            };
            if (!isOurs)
            {
                throw new DataFolderException(
                    $"The folder {Path} holds {entry.Name} but no FORMAT: it is not a data folder, or a damaged one. "
                    + "Name an empty folder, or restore a backup into one.");
            }
        }
    }

    /// <summary>As <see cref="OpenLocked(string)"/>, of a folder that another process may hold.</summary>
    public static SafeFileHandle OpenLocked(string folder, string name)
    {
        var path = System.IO.Path.Combine(folder, name);
        if (!OperatingSystem.IsWindows() && !File.Exists(path))
        {
            using var created = new FileStream(path, OwnFiles.Options(FileMode.OpenOrCreate, FileShare.ReadWrite));
        }

        try
        {
            return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult is LinuxLocked or MacLocked or WindowsLocked)
        {
            throw new DataFolderException(
                $"The data folder {folder} is in use by another process ({name} is locked): stop that one, or give "
                + "this one a folder of its own.",
                e);
        }
    }
}
