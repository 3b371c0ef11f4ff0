using System.Diagnostics.Metrics;
using LiveChat.Core.Chats;
using LiveChat.Core.Contents;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Timing;
using LiveChat.Core.Workers;
using LiveChat.Embedded;
using LiveChat.Embedded.Contents;
using LiveChat.Embedded.Disk;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Identities;
using LiveChat.Embedded.Ids;
using LiveChat.Embedded.Log;
using LiveChat.Server.Backups;
using LiveChat.Server.Hosting;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Transfers;

/// <summary>
/// A data folder that no server uses, locked, checked as a start checks it, and with a history that has everything of
/// the log: whatever was acknowledged and not stored yet is stored first, by the same history-writer that a server
/// runs, with the times and the order of the log. So the log itself need not be copied. Belongs to one command.
/// </summary>
internal sealed class WholeFolder : IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly OpenedParts _opened;
    private readonly RocksDbMessageLog _log;
    private readonly NodeIdFile _ids;

    private WholeFolder(
        OpenedParts opened, DataFolder folder, RocksDbMessageLog log, HistoryDatabase history, NodeIdFile ids)
    {
        (_opened, Folder, _log, History, _ids) = (opened, folder, log, history, ids);
        Contents = new StoredContents(history);
        Lineage = new RocksDbLineageStore(history);
        Reads = new ContentReads(
            opened.Add(new RocksDbHistoryStore(history)),
            new RocksDbUserStore(history),
            RocksDbIdentities.Over(history),
            new RocksDbErasureStore(history),
            new RocksDbDeletionStore(history));
    }

    public DataFolder Folder { get; }

    /// <summary>The folder's id.</summary>
    public string Id => History.FolderId ?? "";

    public StoredContents Contents { get; }

    public ContentReads Reads { get; }

    public RocksDbLineageStore Lineage { get; }

    public int Partitions => _log.Partitions;

    /// <summary>The node whose ids are in the folder, and a time that none of them reaches, Unix
    /// milliseconds.</summary>
    public (int Node, long IdsMs) Ids => (_ids.Node, _ids.HighWaterMs);

    /// <summary>The highest generation of the log's positions.</summary>
    public int Generation { get; private set; }

    /// <summary>No record of the log has a later append time, Unix milliseconds.</summary>
    public long LogTimeMs { get; private set; }

    private HistoryDatabase History { get; }

    /// <param name="path">The data folder.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">The logs.</param>
    /// <param name="cancellationToken">Ends it; what history has by then stays.</param>
    /// <exception cref="TransferException">It cannot be used so; nothing was changed.</exception>
    public static async Task<WholeFolder> OpenAsync(
        string path, IProgress<BackupProgress> progress, TimeProvider time, ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        if (!DataFolder.IsAt(path))
            throw new TransferException(BackupFault.Asked, $"There is no data folder at {path}.");
        await using var opened = new OpenedParts();
        try
        {
            var folder = opened.Add(DataFolder.Open(path));
            if (FolderStores.Elsewhere(folder.Path) is { } elsewhere)
                throw new TransferException(
                    BackupFault.Asked,
                    $"The chats of the data folder {folder.Path} are {elsewhere}: only one that holds its log and its "
                    + "history can be read so.");
            var parts = new FolderParts(folder);
            parts.CheckPresent();
            var options = new RocksDbLogOptions
            {
                Partitions = LogStore.PartitionsIn(folder.LogPath), ReserveBytes = 0,
            };
            if (options.Partitions == 0)
                throw new TransferException(
                    BackupFault.Asked, $"The data folder {folder.Path} holds nothing: no server ever started with it.");
            var log = opened.Add(RocksDbMessageLog.Open(
                folder.LogPath, options, time, loggers.CreateLogger<RocksDbMessageLog>()));
            var history = opened.Add(HistoryDatabase.Open(
                folder.HistoryPath, loggers.CreateLogger<HistoryDatabase>()));
            await parts.CheckAsync(log, history);
            var ids = opened.Add(NodeIdFile.Open(folder, time));
            progress.Report(new BackupProgress("Storing what only the log has"));
            await CompleteAsync(log, history, time, loggers, cancellationToken);
            var whole = new WholeFolder(opened.Keep(), folder, log, history, ids);
            await whole.LookAtLogAsync(cancellationToken);
            return whole;
        }
        catch (DataFolderException refused)
        {
            throw new TransferException(BackupFault.Asked, refused.Message, refused);
        }
        catch (Exception damaged) when (damaged is LogFailedException or DataDamagedException)
        {
            throw new TransferException(BackupFault.Refused, damaged.Message, damaged);
        }
    }

    public ValueTask DisposeAsync() => _opened.DisposeAsync();

    private async Task LookAtLogAsync(CancellationToken cancellationToken)
    {
        int[] all = [.. Enumerable.Range(0, _log.Partitions)];
        var ranges = await _log.RangesAsync(all, cancellationToken);
        Generation = all.Max(one => Math.Max(
            Math.Max(1, History.Passed(one).Generation), ranges[one].End.Generation));
        LogTimeMs = ranges.Values.Max(static one => one.NextTimeMs);
    }

    /// <summary>Runs a history-writer until it has passed the end of every partition.</summary>
    private static async Task CompleteAsync(
        RocksDbMessageLog log, HistoryDatabase history, TimeProvider time, ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var options = new WorkerOptions { HistoryPause = TimeSpan.Zero, CommitEvery = LookEvery };
        using var meter = new Meter("LiveChat.Transfers");
        await using var reader = new AllPartitionsReader(log, ConsumerGroups.HistoryWriters);
        await using var store = new RocksDbHistoryStore(history);
        var chance = new Random(Environment.ProcessId);
        var writer = new HistoryWriter(
            log,
            reader,
            store,
            new HistoryProgress(log.Partitions, time),
            RulesTable.Default,
            HistoryRowsBuilder.Build,
            options,
            new WorkerMetrics(meter, log.Partitions),
            new StoreCalls(options, time, chance, loggers.CreateLogger<StoreCalls>()),
            new LogCalls(time, chance, loggers.CreateLogger<LogCalls>()),
            time,
            loggers);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = writer.RunAsync(ending.Token);
        try
        {
            while (!running.IsCompleted && await IsBehindAsync(log, history, cancellationToken))
            {
                if (writer.Stopped.FirstOrDefault() is { Value: { } reason } stopped)
                    throw new TransferException(
                        BackupFault.Refused,
                        $"Partition {stopped.Key} of the log stops at a record that this version cannot decide "
                        + $"({reason}): see docs/ops/stopped-partition.md.");
                await Task.Delay(LookEvery, time, cancellationToken);
            }
        }
        finally
        {
            await ending.CancelAsync();
            await EndAsync(running, ending.Token);
        }
    }

    private static async Task EndAsync(Task running, CancellationToken ended)
    {
        try
        {
            await running;
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // It was told to.
        }
        catch (WorkerFailedException failed)
        {
            throw new TransferException(BackupFault.Refused, failed.Message, failed);
        }
    }

    private static async Task<bool> IsBehindAsync(
        RocksDbMessageLog log, HistoryDatabase history, CancellationToken cancellationToken)
    {
        int[] all = [.. Enumerable.Range(0, log.Partitions)];
        var ranges = await log.RangesAsync(all, cancellationToken);
        return all.Any(one => history.Passed(one) < ranges[one].End);
    }
}
