using System.Globalization;

namespace LiveChat.Embedded.Disk;

/// <summary>What was written and synced is not there any more; the message says where and what to do.</summary>
internal sealed class DataDamagedException(string message) : Exception(message)
{
    /// <summary>A file that was found damaged before anything was changed.</summary>
    public static DataDamagedException At(string path, long offset, string what) => new(
        $"{path} is damaged at byte {offset.ToString(CultureInfo.InvariantCulture)}: {what}. Nothing was changed: "
        + "restore the data folder from a backup (docs/ops/damage.md).");
}
