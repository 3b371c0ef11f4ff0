using System.Diagnostics.Metrics;
using LiveChat.Embedded;
using LiveChat.Embedded.Backups;

namespace LiveChat.Server.Hosting;

/// <summary>Shows when the data folder was last backed up. Looked at when somebody asks.</summary>
internal static class BackupMark
{
    public static void Observe(Meter meter, DataFolder folder) => meter.CreateObservableGauge(
        "livechat.backup.last_success_timestamp",
        () => (LastBackup.Of(folder.Path) ?? DataFolder.MadeAt(folder.Path)).ToUnixTimeSeconds(),
        "s",
        "When the data folder was last backed up, in seconds since 1970; before the first backup, when it was made.");
}
