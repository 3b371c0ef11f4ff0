using LiveChat.Cluster.Log;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Core.Workers;
using LiveChat.Embedded;
using LiveChat.Embedded.Disk;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Log;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Hosting;

/// <summary>The message log that the options choose and the history of the data folder, open and checked against each
/// other.</summary>
/// <param name="Log">The log.</param>
/// <param name="ReaderOf">A group's view of it.</param>
/// <param name="States">The states in which it refuses.</param>
/// <param name="History">History.</param>
internal sealed record OpenedStores(
    IMessageLog Log,
    Func<string, IPartitionReader> ReaderOf,
    IReadOnlyList<RefusingState> States,
    HistoryDatabase History)
{
    /// <summary>The log in the data folder.</summary>
    public static async Task<OpenedStores> OpenInFolderAsync(
        OpenedParts opened,
        DataFolder folder,
        ServerOptions options,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        if (folder.ReadLine(KafkaMark.FileName) is not null)
            throw new DataFolderException(
                $"The chats of the data folder {folder.Path} stand in a topic of Kafka: set LiveChat:Log:Kind=Kafka "
                + "and LiveChat:Log:Brokers. To begin anew without Kafka, name an empty folder.");
        var parts = new FolderParts(folder);
        parts.CheckPresent();
        var logOptions = new RocksDbLogOptions { Partitions = options.Partitions, ReserveBytes = options.ReserveBytes };
        var log = opened.Add(RocksDbMessageLog.Open(
            folder.LogPath, logOptions, time, loggers.CreateLogger<RocksDbMessageLog>()));
        var history = opened.Add(OpenHistory(folder, loggers));
        await parts.CheckAsync(log, history);
        return new OpenedStores(log, group => new AllPartitionsReader(log, group), log.States, history);
    }

    /// <summary>The log on Kafka. Waits while no broker answers.</summary>
    public static async Task<OpenedStores> OpenOnKafkaAsync(
        OpenedParts opened,
        DataFolder folder,
        ServerOptions options,
        TimeProvider time,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var parts = new FolderParts(folder);
        parts.CheckPresentWithoutLog();
        var clients = opened.Add(new KafkaClients(options.Log.ToKafka(options.Trim.Retention), time, loggers));
        var former = KafkaMark.Parse(folder.ReadLine(KafkaMark.FileName));
        var log = opened.Add(await KafkaMessageLog.OpenAsync(clients, former, cancellationToken));
        var calls = new LogCalls(time, new Random(Environment.ProcessId), loggers.CreateLogger<LogCalls>());
        int[] all = [.. Enumerable.Range(0, log.Partitions)];
        var ranges = await calls.RepeatAsync(
            "the start", token => log.RangesAsync(all, token), cancellationToken);
        var history = opened.Add(OpenHistory(folder, loggers));
        parts.CheckWithoutLog(ranges, history);
        if (log.Mark != former) folder.WriteDurably(KafkaMark.FileName, $"{log.Mark}");
        var reserved = new ReservedLog(log, DiskReserve.For(folder.Path, options.ReserveBytes, time));
        return new OpenedStores(
            reserved,
            group => group is ConsumerGroups.HistoryWriters
                ? StoredOffsetReader.OfStore(log.ReaderOf(group), StoredOffsets.Of(history.Passed))
                : StoredOffsetReader.OfOther(log.ReaderOf(group), StoredOffsets.Of(history.Passed)),
            [reserved.State, .. log.States],
            history);
    }

    private static HistoryDatabase OpenHistory(DataFolder folder, ILoggerFactory loggers) =>
        HistoryDatabase.Open(folder.HistoryPath, loggers.CreateLogger<HistoryDatabase>());
}
