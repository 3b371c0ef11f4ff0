using System.Globalization;

namespace LiveChat.Server.Doctor;

/// <summary>Which process uses a data folder. Found without taking its lock, which would keep a server from starting
/// in that moment.</summary>
internal static class FolderHolder
{
    private const string Processes = "/proc";

    /// <summary>The process; null when there is none, or none that this user may look at.</summary>
    public static int? Find(string folder)
    {
        if (!OperatingSystem.IsLinux()) return null;
        var lockFile = Path.Combine(folder, "LOCK");
        return Directory.EnumerateDirectories(Processes)
            .Select(static path => int.TryParse(
                Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && id != Environment.ProcessId && HasOpen(id, lockFile))
            .Select(static id => (int?)id)
            .FirstOrDefault();
    }

    private static bool HasOpen(int process, string file)
    {
        try
        {
            return Directory
                .EnumerateFiles(Path.Combine(Processes, process.ToString(CultureInfo.InvariantCulture), "fd"))
                .Any(open => Leads(open, file));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false; // It has ended, or belongs to somebody else.
        }
    }

    private static bool Leads(string open, string file)
    {
        try
        {
            return File.ResolveLinkTarget(open, returnFinalTarget: false)?.FullName == file;
        }
        catch (IOException)
        {
            return false; // Closed since: a busy server closes connections all the time.
        }
    }
}
