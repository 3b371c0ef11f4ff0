using System.Runtime.InteropServices;

namespace LiveChat.Embedded.Disk;

/// <summary>Files and folders that are for their owner alone (0600, 0700), and whose names are durable. Any thread.
/// </summary>
internal static partial class OwnFiles
{
    private const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnFolder = OwnFile | UnixFileMode.UserExecute;

    public static FileStreamOptions Options(FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnFile;
        }

        return options;
    }

    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnFolder);
        }
    }

    /// <summary>Returns when the names of the files in a folder are durable. .NET has no way to sync a folder; without
    /// it a new file's name may be lost with the power.</summary>
    public static void SyncNames(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const int readOnly = 0;
        var descriptor = OpenFolder(folder, readOnly);
        if (descriptor < 0 || SyncFolder(descriptor) != 0)
        {
            throw new IOException($"{folder} cannot be synced (errno {Marshal.GetLastPInvokeError()}).");
        }

        _ = CloseFolder(descriptor);
    }

    /// <summary>Writes a line of ASCII into a file of a folder, as a whole or not at all, and returns when it is
    /// durable.</summary>
    public static void WriteLine(string folder, string name, string line)
    {
        var path = Path.Combine(folder, name);
        var written = path + ".new";
        using (var file = new FileStream(written, Options(FileMode.Create, FileShare.None)))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes($"{line}\n"));
            file.Flush(flushToDisk: true);
        }

        SyncNames(folder);
        File.Move(written, path, overwrite: true);
        SyncNames(folder);
    }

    /// <summary>The line in a file of a folder; null when there is no such file.</summary>
    public static string? ReadLine(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncFolder(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseFolder(int descriptor);
}
