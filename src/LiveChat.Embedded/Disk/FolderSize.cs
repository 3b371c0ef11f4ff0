using System.IO.Enumeration;

namespace LiveChat.Embedded.Disk;

/// <summary>How large a folder is.</summary>
internal static class FolderSize
{
    private static readonly EnumerationOptions All = new()
    {
        RecurseSubdirectories = true,
        IgnoreInaccessible = true,
        AttributesToSkip = FileAttributes.ReparsePoint,
    };

    /// <summary>Bytes of all files of a folder; 0 when there is none. A file that goes in the meantime counts 0: a
    /// running server deletes some.</summary>
    public static long Of(string path) => !Directory.Exists(path) ? 0
        : new FileSystemEnumerable<long>(path, static (ref entry) => entry.Length, All)
        {
            ShouldIncludePredicate = static (ref entry) => !entry.IsDirectory,
        }
        .Sum();
}
