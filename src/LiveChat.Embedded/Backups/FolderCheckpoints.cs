using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Embedded.Disk;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Ids;
using LiveChat.Embedded.Log;

namespace LiveChat.Embedded.Backups;

/// <summary>
/// Takes checkpoints of a data folder while a server uses it (<see cref="CheckpointFolder"/>). Everything that was
/// acknowledged before a call is in its checkpoint: history first, at one moment, and then the records of the log which
/// that history has not passed. In this order no record can be in neither. Writes go on meanwhile. Any thread; one call
/// at a time takes one, others are refused.
/// </summary>
internal sealed class FolderCheckpoints(
    DataFolder folder, HistoryDatabase history, RocksDbMessageLog log, NodeIdFile ids, DiskReserve reserve)
{
    private const int ReadBytes = 1 << 20;
    private const int TriesMax = 3;

    private int _isTaking;

    /// <exception cref="CheckpointException">It could not be taken; nothing of it is left.</exception>
    public async Task TakeAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isTaking, 1) != 0)
            throw new CheckpointException("A checkpoint is being taken: wait until it is there.");
        try
        {
            // RocksDB's calls and the writing wait for the disk: not on the caller's thread.
            await Task.Run(() => TakeOrDeleteAsync(cancellationToken), cancellationToken);
        }
        finally
        {
            Volatile.Write(ref _isTaking, 0);
        }
    }

    private async Task TakeOrDeleteAsync(CancellationToken cancellationToken)
    {
        for (var i = 1; ; i++)
        {
            try
            {
                await TakeOnceAsync(cancellationToken);
                return;
            }
            catch (LogTrimmedException) when (i < TriesMax)
            {
                // History has passed those records since, and the next checkpoint has it so.
            }
            catch (Exception failed)
            {
                CheckpointFolder.Delete(folder.Path);
                if (failed is OperationCanceledException or CheckpointException) throw;
                throw new CheckpointException($"No checkpoint could be taken: {failed.Message}", failed);
            }
        }
    }

    private async Task TakeOnceAsync(CancellationToken cancellationToken)
    {
        ThrowIfShort();
        CheckpointFolder.Delete(folder.Path);
        var path = folder.Make(CheckpointFolder.PathOf(folder.Path));
        int[] all = [.. Enumerable.Range(0, log.Partitions)];

        // Noted before: what history passes meanwhile is in the tail too, and left out by its position later.
        var passed = all.ToDictionary(static one => one, history.Passed);
        history.TakeCheckpoint(Path.Combine(path, CheckpointFolder.HistoryName));
        var ranges = await log.RangesAsync(all, cancellationToken);
        var timeMs = await WriteTailAsync(
            Path.Combine(path, CheckpointFolder.TailName), passed, ranges, cancellationToken);
        var about = new CheckpointAbout(
            history.FolderId ?? "",
            BuildMark.Full,
            log.Partitions,
            all.Max(one => Math.Max(passed[one].Generation, ranges[one].End.Generation)),
            Math.Max(timeMs, ranges.Values.Max(static one => one.NextTimeMs)),
            ids.Node,
            ids.HighWaterMs);
        await about.WriteAsync(path, cancellationToken);
    }

    /// <returns>The latest append time in it.</returns>
    private async Task<long> WriteTailAsync(
        string path, Dictionary<int, Position> passed, IReadOnlyDictionary<int, LogRange> ranges,
        CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, ReadBytes);
        var (records, timeMs) = (0L, 0L);
        foreach (var (partition, range) in ranges)
        {
            for (var after = passed[partition]; after < range.End;)
            {
                var read = await log.ReadAgainAsync(partition, after, ReadBytes, cancellationToken);
                LogTail.Write(file, partition, read);
                (records, timeMs, after) = (records + read.Count, read[^1].TimeMs, read[^1].Position);
                ThrowIfShort();
            }
        }

        LogTail.End(file, records);
        return timeMs;
    }

    /// <summary>A checkpoint takes nothing of the room that the server keeps for itself.</summary>
    private void ThrowIfShort()
    {
        if (reserve.Refusal() is { } refusal) throw new CheckpointException(refusal);
    }
}
