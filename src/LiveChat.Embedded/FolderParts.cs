using System.Collections.ObjectModel;
using System.Security.Cryptography;
using LiveChat.Core.Log;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Log;

namespace LiveChat.Embedded;

/// <summary>
/// Whether the parts of a data folder are there and belong together. The folder, the log and history each carry the
/// folder's id. History also keeps up to which position of the log it has everything, and the log keeps what history
/// has committed: history never has less than that, and the log never ends before what history has. What breaks one of
/// these rules is a part that is missing, emptied, older than the other, or of another folder, and nothing is served.
/// </summary>
internal sealed class FolderParts(DataFolder folder)
{
    public const string IdName = "folder-id";
    private const string NodeIdName = "node-id";
    private const string Restore =
        "Restore the whole data folder from one backup into an empty folder (docs/ops/damage.md).";

    /// <summary>Made last of all that a first start makes: with one of them both stores were there.</summary>
    private bool WasComplete => folder.ReadLine(IdName) is not null
        || File.Exists(Path.Combine(folder.Path, NodeIdName));

    /// <summary>Before history is opened in a folder whose log is elsewhere, which would make a missing one.</summary>
    /// <exception cref="DataFolderException">History is missing or empty, or a log is here.</exception>
    public void CheckPresentWithoutLog()
    {
        if (HasFiles(folder.LogPath))
            throw new DataFolderException(
                $"The chats of the data folder {folder.Path} stand in a log of its own, in log/: set "
                + "LiveChat:Log:Kind=RocksDb. To begin anew on Kafka, name an empty folder.");
        if (WasComplete && !HasFiles(folder.HistoryPath))
            throw new DataFolderException(
                $"The data folder {folder.Path} has lost its history: history/ is missing or empty. {Restore}");
    }

    /// <summary>Before a server uses the folder whose log and history are both elsewhere.</summary>
    /// <exception cref="DataFolderException">One of them is here.</exception>
    public void CheckNoneHere()
    {
        if (HasFiles(folder.LogPath) || HasFiles(folder.HistoryPath))
            throw new DataFolderException(
                $"The chats of the data folder {folder.Path} stand in the folder itself: set "
                + "LiveChat:Store:Kind=RocksDb. To begin anew on Cassandra, name an empty folder.");
    }

    /// <summary>Before the stores are opened, which would make the ones that are missing.</summary>
    /// <exception cref="DataFolderException">A part is missing or empty.</exception>
    public void CheckPresent()
    {
        var (hasLog, hasHistory) = (HasFiles(folder.LogPath), HasFiles(folder.HistoryPath));
        if (!WasComplete || (hasLog && hasHistory)) return;
        throw new DataFolderException((hasLog, hasHistory) switch
        {
            (false, false) => $"The data folder {folder.Path} has lost its chats: log/ and history/ are missing or "
                + $"empty. {Restore} To begin anew, name an empty folder.",
            (false, true) => $"The data folder {folder.Path} has lost its log: log/ is missing or empty. {Restore}",
            _ => $"The data folder {folder.Path} has lost its history: history/ is missing or empty. {Restore} "
                + $"Without a backup, make it again from the log: livechat rebuild-history --data {folder.Path}",
        });
    }

    /// <summary>Compares the stores, and gives those of a new folder, or of a former version, the folder's id.
    /// </summary>
    /// <exception cref="DataFolderException">They do not belong together.</exception>
    public async Task CheckAsync(RocksDbMessageLog log, HistoryDatabase history)
    {
        var (id, logs, histories) = (folder.ReadLine(IdName), log.FolderId, history.FolderId);
        string?[] named = id is null ? [logs, histories] : [id, logs ?? "", histories ?? ""];
        if (named.OfType<string>().Distinct().Count() > 1)
            throw new DataFolderException(
                $"The parts of the data folder {folder.Path} belong to different folders: {IdName} names "
                + $"{Name(id)}, log/ {Name(logs)}, history/ {Name(histories)}. {Restore}");

        int[] all = [.. Enumerable.Range(0, log.Partitions)];
        var committed = await log.CommittedAsync(ConsumerGroups.HistoryWriters, all, CancellationToken.None);
        var ranges = await log.RangesAsync(all, CancellationToken.None);
        var passed = histories is null ? committed : all.ToDictionary(static one => one, history.Passed);
        foreach (var partition in all)
            Compare(partition, passed[partition], committed[partition], ranges[partition].End);

        if (id is not null) return;
        id = logs ?? histories ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        if (logs is null) log.Stamp(id);
        if (histories is null) history.Stamp(id, passed);
        folder.WriteDurably(IdName, id);
    }

    /// <summary>Compares history with a log that is elsewhere, and gives that of a new folder the folder's id. History
    /// may be behind what its readers have committed: it is filled again from the log.</summary>
    /// <param name="ranges">What the log holds, by partition.</param>
    /// <param name="history">History.</param>
    /// <exception cref="DataFolderException">They do not belong together.</exception>
    public void CheckWithoutLog(IReadOnlyDictionary<int, LogRange> ranges, HistoryDatabase history)
    {
        var (id, histories) = (folder.ReadLine(IdName), history.FolderId);
        if (id is not null && id != histories)
            throw new DataFolderException(
                $"The parts of the data folder {folder.Path} belong to different folders: {IdName} names {Name(id)}, "
                + $"history/ {Name(histories)}. {Restore}");
        foreach (var (partition, range) in ranges)
        {
            var passed = history.Passed(partition);
            if (range.HasLost(passed))
                throw new DataFolderException(
                    $"Partition {partition} of the log ends at {range.End}, and history in the data folder "
                    + $"{folder.Path} has everything up to {passed}: the log has lost records. Restore the log. If it "
                    + $"is lost, move it to another topic and set LiveChat:Log:Generation to {passed.Generation + 1}.");
        }

        if (id is not null) return;
        id = histories ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        if (histories is null) history.Stamp(id, ReadOnlyDictionary<int, Position>.Empty);
        folder.WriteDurably(IdName, id);
    }

    /// <summary>Gives a history that was made anew the id of the folder and its log.</summary>
    public void Adopt(RocksDbMessageLog log, HistoryDatabase history)
    {
        var id = folder.ReadLine(IdName) ?? log.FolderId
            ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        if (log.FolderId is null) log.Stamp(id);
        history.Stamp(id, ReadOnlyDictionary<int, Position>.Empty);
        folder.WriteDurably(IdName, id);
    }

    private void Compare(int partition, Position passed, Position committed, Position end)
    {
        if (passed < committed)
            throw new DataFolderException(
                $"In the data folder {folder.Path} history/ is older than log/: of partition {partition} it has "
                + $"everything up to {passed}, and the log knows that it had {committed}. {Restore} Without a backup, "
                + $"empty history/ and make it again from the log: livechat rebuild-history --data {folder.Path}");
        if (passed > end)
            throw new DataFolderException(
                $"In the data folder {folder.Path} log/ is older than history/: partition {partition} ends at {end}, "
                + $"and history has everything up to {passed}. {Restore}");
    }

    private static string Name(string? id) => id is { Length: > 0 } ? id : "none";

    private static bool HasFiles(string path) =>
        Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any();
}
