using LiveChat.Core.Log;
using LiveChat.Embedded.Disk;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Ids;
using LiveChat.Embedded.Log;
using Microsoft.Extensions.Logging;
using RocksDbSharp;

namespace LiveChat.Embedded.Backups;

/// <summary>
/// Makes a data folder of a checkpoint whose history lies in its place. The folder begins another life: another folder
/// id and another epoch, so that clients forget what happened after the checkpoint, and a new log in the next
/// generation. That log holds the records that history has not applied, with their times and in their order; the
/// server's start applies them, as it does any backlog. One thread.
/// </summary>
internal sealed class FolderRestore(
    DataFolder folder, CheckpointAbout about, HistoryDatabase history, LogStore log) : IDisposable
{
    private const int BatchBytes = 1 << 20;

    private readonly Position[] _ends = new Position[about.Partitions];

    /// <summary>How many records the new log has.</summary>
    public long Records { get; private set; }

    /// <exception cref="CheckpointException">History is damaged, or the log cannot be made.</exception>
    public static FolderRestore Open(DataFolder folder, CheckpointAbout about, ILoggerFactory loggers)
    {
        HistoryDatabase? history = null;
        try
        {
            history = HistoryDatabase.Open(folder.HistoryPath, loggers.CreateLogger<HistoryDatabase>());
            var log = LogStore.Open(
                folder.Make(folder.LogPath), about.Partitions, loggers.CreateLogger<FolderRestore>());
            return new FolderRestore(folder, about, history, log);
        }
        catch (Exception damaged) when (damaged is DataDamagedException or LogFailedException)
        {
            history?.Dispose();
            throw new CheckpointException(damaged.Message, damaged);
        }
    }

    /// <param name="tail">The file with the records that history had not passed.</param>
    /// <param name="folderId">The id of the new folder.</param>
    /// <exception cref="CheckpointException">The tail is damaged, or the folder cannot be written.</exception>
    public async Task RunAsync(string tail, string folderId)
    {
        try
        {
            await BeginLifeAsync(tail, folderId);
        }
        catch (Exception failed) when (failed is RocksDbException or LogFailedException)
        {
            throw new CheckpointException($"{folder.Path} cannot be written: {failed.Message}", failed);
        }
    }

    public void Dispose()
    {
        log.Dispose();
        history.Dispose();
    }

    private async Task BeginLifeAsync(string tail, string folderId)
    {
        var generation = Enumerable.Range(0, about.Partitions)
            .Max(partition => Math.Max(about.Generation, history.Passed(partition).Generation)) + 1;
        Array.Fill(_ends, Position.Create(generation, offset: 0));
        var begun = Enumerable.Range(0, about.Partitions).ToDictionary(static one => one, one => _ends[one]);
        Begin(begun);
        Copy(tail);
        log.Stamp(folderId);
        history.RenewEpoch();
        history.Stamp(folderId, begun);
        NodeIdFile.Make(folder, about.Node, about.IdsMs);
        folder.WriteDurably(FolderParts.IdName, folderId);
    }

    /// <summary>An empty log whose groups have everything up to where it begins.</summary>
    private void Begin(Dictionary<int, Position> begun)
    {
        using var batch = new WriteBatch();
        foreach (var (partition, before) in begun)
        {
            batch.Put(
                LogCodec.BoundsKey(partition),
                LogCodec.Bounds(new LogRange(before.Next, before), about.LogTimeMs));
            foreach (var group in ConsumerGroups.All)
                batch.Put(LogCodec.CommitKey(group, partition), LogCodec.PositionKey(before));
        }

        log.Write(batch);
    }

    private void Copy(string tail)
    {
        var users = new RocksDbUserStore(history);
        var batch = new WriteBatch();
        var bytes = 0;
        var deleted = new HashSet<ulong>();
        foreach (var (_, entry) in LogTail.Read(tail)) RecordEnvelope.AddDeleted(entry.Bytes.Span, deleted);
        foreach (var (partition, entry) in LogTail.Read(tail))
        {
            if ((uint)partition >= (uint)_ends.Length)
                throw new CheckpointException($"{tail} has a record of partition {partition}, which is not there.");
            if (entry.Position <= history.Passed(partition)) continue;
            var record = RecordEnvelope.Decode(entry.Bytes.Span).Record;
            if (record is not null && entry.Position <= HeadOf(record.Chat)) continue;

            // A chat's creation is claimed before it stands in the log, maybe after history's moment.
            if (record is { Created: not null }) users.ClaimAgain(record, deleted);
            Put(batch, partition, entry);
            if ((bytes += entry.Bytes.Length) < BatchBytes) continue;
            log.Write(batch);
            batch.Dispose();
            (batch, bytes) = (new WriteBatch(), 0);
        }

        log.Write(batch);
        batch.Dispose();
    }

    private void Put(WriteBatch batch, int partition, LogEntry entry)
    {
        var position = _ends[partition] = _ends[partition].Next;
        var value = new byte[LogCodec.HeaderLength + entry.Bytes.Length];
        entry.Bytes.CopyTo(value.AsMemory(LogCodec.HeaderLength));
        LogCodec.Seal(value, position, entry.TimeMs);
        log.PutRecord(batch, partition, position, value);
        Records++;
    }

    /// <summary>Up to where history has applied a chat's records, maybe further than its partition.</summary>
    private Position HeadOf(ulong chat)
    {
        Span<byte> key = stackalloc byte[sizeof(ulong)];
        return history.Get(new KeyWriter(key).Number(chat).Key, history.ChatHead) is { } head
            ? RowCodec.PositionOf(head)
            : Position.None;
    }
}
