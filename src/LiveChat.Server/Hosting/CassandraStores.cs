using System.Security.Cryptography;
using LiveChat.Cluster.Contents;
using LiveChat.Cluster.History;
using LiveChat.Cluster.Identities;
using LiveChat.Cluster.Log;
using LiveChat.Cluster.Nodes;
using LiveChat.Cluster.Store;
using LiveChat.Core.Ids;
using LiveChat.Core.Log;
using LiveChat.Embedded;
using LiveChat.Embedded.Ids;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Hosting;

/// <summary>
/// The stores of a keyspace of Cassandra, with the message log on Kafka. The data folder keeps nothing that another
/// machine would miss: the high-water mark of the ids, and the name of the keyspace, so that a server which is started
/// without Cassandra by mistake does not begin anew.
/// </summary>
internal static class CassandraStores
{
    private const string KeyspaceFile = "cassandra-keyspace";

    /// <summary>Whether the chats of the folder are in a keyspace.</summary>
    public static bool IsElsewhere(string dataFolder) => File.Exists(Path.Combine(dataFolder, KeyspaceFile));

    /// <exception cref="DataFolderException">The chats of the folder are in a keyspace.</exception>
    public static void ThrowIfElsewhere(DataFolder folder)
    {
        if (folder.ReadLine(KeyspaceFile) is { } keyspace)
            throw new DataFolderException(
                $"The server of the data folder {folder.Path} keeps its chats in the keyspace {keyspace} of Cassandra: "
                + "set LiveChat:Store:Kind=Cassandra. To begin anew without Cassandra, name an empty folder.");
    }

    /// <summary>Waits while no broker or no node answers.</summary>
    public static async Task<OpenedStores> OpenAsync(
        OpenedParts opened,
        DataFolder folder,
        ServerOptions options,
        TimeProvider time,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        CheckFolder(folder, options.Store.Keyspace);
        var session = opened.Add(await CassandraConnection.OpenAsync(
            options.Store.ToCassandra(options.Trim.Retention), time, loggers, cancellationToken));
        var calls = new CassandraStart(time);
        MoveMark.ThrowIfHalf(
            MoveMark.Parse(await calls.RepeatAsync(
                new InstallationRow(session, MoveMark.Name).ReadAsync, cancellationToken)),
            options.Store.Keyspace);
        var clients = opened.Add(new KafkaClients(
            options.Log.ToKafka(options.Trim.Retention) with { Home = CassandraReport.Home }, time, loggers));
        var log = opened.Add(await OpenLogAsync(clients, new CassandraLogMark(session), calls, cancellationToken));
        var offsets = new CassandraOffsets(session);
        await CheckRangesAsync(log, offsets, calls, time, loggers, cancellationToken);

        var decisions = opened.Add(new Decisions(time));
        var lineage = await calls.RepeatAsync(
            token => CassandraLineageStore.OpenAsync(session, decisions, time, token), cancellationToken);
        var ids = opened.Add(LeasedIds.Begin(await NodeIdLease.TakeAsync(
            new CassandraNodeIdStore(session),
            opened.Add(HighWaterFile.Open(folder)),
            NodePlace.NameOf(options, folder.Path),
            new Guid(RandomNumberGenerator.GetBytes(16)),
            time,
            new Random(RandomNumberGenerator.GetInt32(int.MaxValue)),
            loggers,
            cancellationToken)));
        var registry = new CassandraNodeRegistry(session, decisions, time);
        var place = await new NodePlace(folder, options, registry, calls, time, loggers).TakeAsync(
            opened, session, NodePlace.ClusterOf(options, log.Mark), cancellationToken);
        folder.WriteDurably(KeyspaceFile, options.Store.Keyspace);
        var (h, b) = (offsets.Of(ConsumerGroups.HistoryWriters), offsets.Of(ConsumerGroups.DeliveryWorkers));
        return new OpenedStores(
            log,
            group => group is ConsumerGroups.HistoryWriters
                ? StoredOffsetReader.OfStore(log.ReaderOf(group), h)
                : StoredOffsetReader.OfOther(log.ReaderOf(group), h, b),
            new CassandraHistoryStore(session, () => lineage.Epoch),
            new CassandraUserStore(session, decisions),
            CassandraIdentities.Over(session, decisions),
            lineage,
            ids.Generator)
        {
            Erasures = new CassandraErasureStore(session, decisions, time),
            Deletions = new CassandraDeletionStore(session, decisions, time),
            States = [.. log.States, session.Health.Refused, ids.Refused],
            Failed = ids.Failed,
            Peers = place.Peers,
            Alone = place.Alone,
            Observe = place.Observe ?? (static _ => { }),
        };
    }

    private static void CheckFolder(DataFolder folder, string keyspace)
    {
        new FolderParts(folder).CheckNoneHere();
        if (folder.ReadLine(KeyspaceFile) is { } former && former != keyspace)
            throw new DataFolderException(
                $"The server of the data folder {folder.Path} keeps its chats in the keyspace {former}, and "
                + $"LiveChat:Store:Keyspace is {keyspace}: set it to {former}, or name an empty folder.");
    }

    /// <summary>Opens the topic that the keyspace names. Of several servers that start for the first time one makes the
    /// topic; the others see its name in the keyspace when they look again.</summary>
    private static async Task<KafkaMessageLog> OpenLogAsync(
        KafkaClients clients, CassandraLogMark mark, CassandraStart calls, CancellationToken cancellationToken)
    {
        while (true)
        {
            var former = await calls.RepeatAsync(mark.ReadAsync, cancellationToken);
            try
            {
                var log = await KafkaMessageLog.OpenAsync(clients, former, cancellationToken);
                if (log.Mark == former
                    || await calls.RepeatAsync(
                        token => mark.TryReplaceAsync(former, log.Mark, token), cancellationToken))
                    return log;
                await log.DisposeAsync();
            }
            catch (KafkaLogException)
            {
                if (await calls.RepeatAsync(mark.ReadAsync, cancellationToken) == former) throw;
            }
        }
    }

    private static async Task CheckRangesAsync(
        KafkaMessageLog log, CassandraOffsets offsets, CassandraStart calls, TimeProvider time, ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        int[] all = [.. Enumerable.Range(0, log.Partitions)];
        var lost = await LogLoss.FindAsync(
            () => calls.RepeatAsync(
                token => offsets.ReadAsync(ConsumerGroups.HistoryWriters, all, token), cancellationToken),
            () => FolderStores.RangesAsync(log, time, loggers, cancellationToken));
        if (lost is var (partition, range, passed))
            throw new KafkaLogException(
                $"Partition {partition} of the log ends at {range.End}, and history in the keyspace has everything "
                + $"up to {passed}: the log has lost records. Restore the log. If it is lost, move it to another topic "
                + $"and set LiveChat:Log:Generation to {passed.Generation + 1}.");
    }
}
