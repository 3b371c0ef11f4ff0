using LiveChat.Embedded.Backups;
using LiveChat.Embedded.Disk;
using LiveChat.Embedded.Log;
using LiveChat.Server.Hosting;

namespace LiveChat.Server.Doctor;

/// <summary>A data folder that no server uses.</summary>
/// <param name="Folder">Where it is.</param>
/// <param name="LogBytes">Bytes of the log.</param>
/// <param name="HistoryBytes">Bytes of history.</param>
/// <param name="Partitions">How many partitions the log has; 0 where it is elsewhere.</param>
/// <param name="DeliveryBehind">Records that are not handed over yet.</param>
/// <param name="HistoryBehind">Records that are not in history yet.</param>
/// <param name="Elsewhere">Where the chats are instead; null when they are in the folder.</param>
/// <param name="HasLeftOver">Whether a backup that was killed has left its checkpoint.</param>
public sealed record StoppedServer(
    string Folder, long LogBytes, long HistoryBytes, int Partitions, long DeliveryBehind, long HistoryBehind,
    string? Elsewhere, bool HasLeftOver)
{
    /// <summary>Looks at a folder that no process uses, and changes nothing.</summary>
    /// <exception cref="DataDamagedException">The log cannot be read.</exception>
    internal static StoppedServer Look(string folder)
    {
        var elsewhere = FolderStores.Elsewhere(folder);
        var look = elsewhere is null ? LogLook.Read(Path.Combine(folder, "log")) : [];
        return new StoppedServer(
            folder,
            FolderSize.Of(Path.Combine(folder, "log")),
            FolderSize.Of(Path.Combine(folder, "history")),
            look.Count,
            look.Sum(static one => one.DeliveryBehind),
            look.Sum(static one => one.HistoryBehind),
            elsewhere,
            Directory.Exists(CheckpointFolder.PathOf(folder)));
    }
}
