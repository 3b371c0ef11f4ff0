using System.Globalization;
using RocksDbSharp;

namespace LiveChat.Embedded.Disk;

/// <summary>What was written and synced is not there any more, or cannot be read; the message says where and what to
/// do.</summary>
internal sealed class DataDamagedException(string message) : Exception(message)
{
    /// <summary>A file that was found damaged before anything was changed.</summary>
    public static DataDamagedException At(string path, long offset, string what) => new(
        $"{path} is damaged at byte {offset.ToString(CultureInfo.InvariantCulture)}: {what}. Nothing was changed: "
        + "restore the data folder from a backup (docs/ops/damage.md).");

    /// <summary>What RocksDB found when it opened a folder.</summary>
    public static DataDamagedException NotOpened(string folder, RocksDbException cause) => new(
        $"{folder} cannot be opened: {cause.Message} If it is damaged, restore the data folder from a backup "
        + "(docs/ops/damage.md).");

    /// <summary>What was met when history was read.</summary>
    public static DataDamagedException Found(string what) => new(
        $"The history is damaged: {what}. Restore the data folder from a backup (docs/ops/damage.md).");
}
