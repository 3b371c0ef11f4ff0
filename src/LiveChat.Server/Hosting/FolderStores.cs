using LiveChat.Cluster.Log;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Core.Workers;
using LiveChat.Embedded;
using LiveChat.Embedded.Backups;
using LiveChat.Embedded.Disk;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Identities;
using LiveChat.Embedded.Ids;
using LiveChat.Embedded.Log;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Hosting;

/// <summary>The stores of a data folder, with the message log beside them or on Kafka.</summary>
internal static class FolderStores
{
    /// <summary>The log in the data folder.</summary>
    public static async Task<OpenedStores> OpenAsync(
        OpenedParts opened,
        DataFolder folder,
        ServerOptions options,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        CassandraStores.ThrowIfElsewhere(folder);
        MovedFolder.ThrowIfMoved(folder);
        CheckpointFolder.DeleteLeftOver(folder.Path);
        if (folder.ReadLine(KafkaMark.FileName) is not null)
            throw new DataFolderException(
                $"The chats of the data folder {folder.Path} stand in a topic of Kafka: set LiveChat:Log:Kind=Kafka "
                + "and LiveChat:Log:Brokers. To begin anew without Kafka, name an empty folder.");
        var parts = new FolderParts(folder);
        parts.CheckPresent();
        var logOptions = new RocksDbLogOptions { Partitions = options.Partitions, ReserveBytes = options.ReserveBytes };
        var log = opened.Add(RocksDbMessageLog.Open(
            folder.Make(folder.LogPath), logOptions, time, loggers.CreateLogger<RocksDbMessageLog>()));
        var history = opened.Add(OpenHistory(folder, loggers));
        await parts.CheckAsync(log, history);
        var ids = opened.Add(NodeIdFile.Open(folder, time));
        var reserve = DiskReserve.For(folder.Path, options.ReserveBytes, time);
        var checkpoints = new FolderCheckpoints(folder, history, log, ids, reserve);
        var retention = NewRetention(log, history, options, time, loggers);
        return Over(log, group => new AllPartitionsReader(log, group), log.States, history, ids, retention) with
        {
            TakeCheckpoint = checkpoints.TakeAsync,
        };
    }

    /// <summary>Where the chats of a data folder are that are not in it; null when they are.</summary>
    public static string? Elsewhere(string dataFolder) =>
        CassandraStores.IsElsewhere(dataFolder) ? "on Cassandra"
        : File.Exists(Path.Combine(dataFolder, KafkaMark.FileName)) ? "on Kafka, with history in the folder"
        : null;

    /// <summary>Why no checkpoint can be taken of a data folder; null when one can.</summary>
    public static string? WhyNoCheckpoint(string dataFolder) =>
        CassandraStores.IsElsewhere(dataFolder)
            ? "The chats of this data folder are on Cassandra: take a snapshot of the keyspace with nodetool snapshot, "
                + "as docs/ops/cassandra.md says (Backup and restore)."
            : File.Exists(Path.Combine(dataFolder, KafkaMark.FileName))
                ? "The log of this data folder is on Kafka: stop the server and copy the data folder, as "
                    + "docs/ops/backup.md says."
                : null;

    /// <summary>The log on Kafka. Waits while no broker answers.</summary>
    public static async Task<OpenedStores> OpenOnKafkaAsync(
        OpenedParts opened,
        DataFolder folder,
        ServerOptions options,
        TimeProvider time,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        CassandraStores.ThrowIfElsewhere(folder);
        var parts = new FolderParts(folder);
        parts.CheckPresentWithoutLog();
        var clients = opened.Add(new KafkaClients(options.Log.ToKafka(options.Trim.Retention), time, loggers));
        var former = KafkaMark.Parse(folder.ReadLine(KafkaMark.FileName));
        var log = opened.Add(await KafkaMessageLog.OpenAsync(clients, former, cancellationToken));
        var ranges = await RangesAsync(log, time, loggers, cancellationToken);
        var history = opened.Add(OpenHistory(folder, loggers));
        parts.CheckWithoutLog(ranges, history);
        if (log.Mark != former) folder.WriteDurably(KafkaMark.FileName, $"{log.Mark}");
        var passed = StoredOffsets.Of(history.Passed);
        var reserved = new ReservedLog(log, DiskReserve.For(folder.Path, options.ReserveBytes, time));
        return Over(
            reserved,
            group => group is ConsumerGroups.HistoryWriters
                ? StoredOffsetReader.OfStore(log.ReaderOf(group), passed)
                : StoredOffsetReader.OfOther(log.ReaderOf(group), passed),
            [reserved.State, .. log.States],
            history,
            opened.Add(NodeIdFile.Open(folder, time)),
            NewRetention(reserved, history, options, time, loggers));
    }

    /// <summary>What the log holds. Waits while it does not answer.</summary>
    public static async Task<IReadOnlyDictionary<int, LogRange>> RangesAsync(
        IMessageLog log, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var calls = new LogCalls(time, new Random(Environment.ProcessId), loggers.CreateLogger<LogCalls>());
        int[] all = [.. Enumerable.Range(0, log.Partitions)];
        return await calls.RepeatAsync("the start", token => log.RangesAsync(all, token), cancellationToken);
    }

    private static HistoryDatabase OpenHistory(DataFolder folder, ILoggerFactory loggers) =>
        HistoryDatabase.Open(folder.Make(folder.HistoryPath), loggers.CreateLogger<HistoryDatabase>());

    private static ChatRetention NewRetention(
        IMessageLog log, HistoryDatabase history, ServerOptions options, TimeProvider time, ILoggerFactory loggers) =>
        new(log, history, options.Retention, time, loggers.CreateLogger<ChatRetention>());

    private static OpenedStores Over(
        IMessageLog log,
        Func<string, IPartitionReader> readerOf,
        IReadOnlyList<RefusingState> states,
        HistoryDatabase history,
        NodeIdFile ids,
        ChatRetention retention) => new(
            log,
            readerOf,
            new RocksDbHistoryStore(history),
            new RocksDbUserStore(history),
            RocksDbIdentities.Over(history),
            new RocksDbLineageStore(history),
            ids.Generator)
        {
            Erasures = new RocksDbErasureStore(history),
            Deletions = new RocksDbDeletionStore(history),
            States = states,
            Failed = history.Failed,
            Loops = [retention.RunAsync],
            Observe = meter =>
            {
                history.Observe(meter);
                retention.Observe(meter);
            },
        };
}
