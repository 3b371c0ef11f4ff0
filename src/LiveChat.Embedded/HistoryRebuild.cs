using LiveChat.Core.Log;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Log;
using Microsoft.Extensions.Logging;

namespace LiveChat.Embedded;

/// <summary>
/// Makes the history of a data folder again whose log is whole: an empty history of the same folder, the claims of its
/// chats, and history's place in the log set to the beginning. The next start of the server then reads the log from
/// there, as it reads any backlog. What was never in the log is lost.
/// </summary>
internal static class HistoryRebuild
{
    /// <summary>What a person must know before.</summary>
    public const string Loss =
        "The log has chats, members and messages. It has none of these, which are lost: names and disabled users, "
        + "revoked sessions and users (revoked tokens are good again until they expire), server keys, read marks, "
        + "muted and pinned chats, and when users were last seen.";

    private const int BatchBytes = 1 << 20;

    /// <returns>How many chats the log creates.</returns>
    /// <exception cref="DataFolderException">There is no such folder, history is there, or the log does not begin at
    /// its first record.</exception>
    /// <exception cref="LogFailedException">The log is damaged.</exception>
    public static async Task<int> RunAsync(string data, TimeProvider time, ILoggerFactory loggers)
    {
        if (!DataFolder.IsAt(data)) throw new DataFolderException($"There is no data folder at {data}.");
        using var folder = DataFolder.Open(data);
        if (Directory.Exists(folder.HistoryPath) && Directory.EnumerateFileSystemEntries(folder.HistoryPath).Any())
            throw new DataFolderException(
                $"{folder.HistoryPath} is not empty: its history is made from the log only when there is none. Move "
                + "what is in it to another place first.");
        var options = new RocksDbLogOptions { Partitions = LogStore.PartitionsIn(folder.LogPath), ReserveBytes = 0 };
        if (options.Partitions == 0) throw new DataFolderException($"There is no log in {folder.LogPath}.");
        await using var log = RocksDbMessageLog.Open(
            folder.LogPath, options, time, loggers.CreateLogger<RocksDbMessageLog>());
        await BeginAtFirstAsync(log, folder.LogPath);
        using var history = HistoryDatabase.Open(
            folder.Make(folder.HistoryPath), loggers.CreateLogger<HistoryDatabase>());
        var chats = 0;
        var deleted = new HashSet<ulong>();
        for (var partition = 0; partition < log.Partitions; partition++)
            await ReadAsync(log, partition, entry => RecordEnvelope.AddDeleted(entry.Bytes.Span, deleted));
        for (var partition = 0; partition < log.Partitions; partition++)
            chats += await ClaimAsync(log, partition, new RocksDbUserStore(history), deleted);

        // The id comes last: a history without it is not taken for the folder's.
        var parts = new FolderParts(folder);
        parts.Adopt(log, history);
        return chats;
    }

    private static async Task BeginAtFirstAsync(RocksDbMessageLog log, string path)
    {
        int[] all = [.. Enumerable.Range(0, log.Partitions)];
        foreach (var (partition, range) in await log.RangesAsync(all, default))
            if (range.Begin > PartitionTail.First)
                throw new DataFolderException(
                    $"The log in {path} was trimmed: partition {partition} begins at {range.Begin}, and what stood "
                    + "before it was in history alone. Restore the whole data folder from a backup "
                    + "(docs/ops/damage.md).");
        var beginning = all.ToDictionary(static one => one, static _ => Position.None);
        await log.CommitAsync(ConsumerGroups.HistoryWriters, beginning, default);

        // Commits ride with the next batch: one that trims nothing.
        await log.TrimAsync(new Dictionary<int, Position> { [0] = Position.None }, default);
    }

    /// <summary>Gives each scope back to the chat that holds it: the creation that is first in the log, of those whose
    /// chats were not deleted.</summary>
    private static async Task<int> ClaimAsync(
        RocksDbMessageLog log, int partition, RocksDbUserStore users, HashSet<ulong> deleted)
    {
        var created = new HashSet<ulong>();
        await ReadAsync(log, partition, entry =>
        {
            if (RecordEnvelope.Decode(entry.Bytes.Span).Record is { Created: not null } record
                && created.Add(record.Chat))
                users.ClaimAgain(record, deleted);
        });
        return created.Count;
    }

    private static async Task ReadAsync(RocksDbMessageLog log, int partition, Action<LogEntry> take)
    {
        var after = Position.None;
        while (await log.ReadAgainAsync(partition, after, BatchBytes, default) is { Count: > 0 } entries)
            foreach (var entry in entries)
            {
                after = entry.Position;
                take(entry);
            }
    }
}
