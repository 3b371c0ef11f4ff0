using System.Diagnostics.Metrics;

namespace LiveChat.Embedded.Disk;

/// <summary>How large the data folder is, and how much room its disk has. Looked at when somebody asks.</summary>
internal static class FolderMetrics
{
    /// <param name="meter">What measures.</param>
    /// <param name="folder">The data folder.</param>
    /// <param name="stores">The folders of the stores in it, by name.</param>
    public static void Observe(Meter meter, string folder, params (string Name, string Path)[] stores)
    {
        var drive = new DriveInfo(Path.GetFullPath(folder));
        meter.CreateObservableGauge(
            "livechat.disk.free",
            () => drive.AvailableFreeSpace,
            "By",
            "Bytes of the data folder's disk that this server may still use.");
        meter.CreateObservableGauge(
            "livechat.disk.size", () => drive.TotalSize, "By", "Bytes of the data folder's disk.");
        meter.CreateObservableGauge(
            "livechat.store.size",
            () => stores.Select(static store => Measure(store.Name, store.Path)),
            "By",
            "Bytes of the files in the data folder; 0 where the log is on Kafka, or history on Cassandra.");
    }

    private static Measurement<long> Measure(string store, string path) =>
        new(FolderSize.Of(path), new KeyValuePair<string, object?>("store", store));
}
