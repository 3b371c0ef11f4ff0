using LiveChat.Cluster.Contents;
using LiveChat.Cluster.History;
using LiveChat.Cluster.Identities;
using LiveChat.Cluster.Log;
using LiveChat.Cluster.Nodes;
using LiveChat.Cluster.Store;
using LiveChat.Core.Contents;
using LiveChat.Core.History;
using LiveChat.Core.Ids;
using LiveChat.Core.Log;
using LiveChat.Server.Backups;
using LiveChat.Server.Hosting;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Transfers;

/// <summary>
/// The keyspace and the topic into which a data folder is moved: reached, checked, and marked as the target of this
/// folder before anything else is written. One thread.
/// </summary>
internal sealed class MoveTarget : IAsyncDisposable
{
    private const string EpochName = "epoch";
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan OpenMax = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ClockMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly OpenedParts _opened;
    private readonly CassandraSession _session;
    private readonly KafkaMessageLog _log;
    private readonly InstallationRow _row;
    private readonly CassandraLineageStore _lineage;
    private readonly TimeProvider _time;

    private MoveTarget(
        OpenedParts opened, CassandraSession session, KafkaMessageLog log, CassandraLineageStore lineage,
        Decisions decisions, MoveMark mark, TimeProvider time)
    {
        (_opened, _session, _log, _lineage, Mark, _time) = (opened, session, log, lineage, mark, time);
        _row = new InstallationRow(session, MoveMark.Name);
        Reads = new ContentReads(
            opened.Add(new CassandraHistoryStore(session, () => lineage.Epoch)),
            new CassandraUserStore(session, decisions),
            CassandraIdentities.Over(session, decisions),
            new CassandraErasureStore(session, decisions, time),
            new CassandraDeletionStore(session, decisions, time));
        Taker = new ContentTaker(
            new CassandraChatTaker(session), Reads.Users, Reads.Identities, Reads.Erasures, Reads.Deletions);
    }

    /// <summary>How far the move is.</summary>
    public MoveMark Mark { get; private set; }

    public ContentTaker Taker { get; }

    public ContentReads Reads { get; }

    public int Partitions => _log.Partitions;

    /// <param name="source">The folder.</param>
    /// <param name="options">Those of the cluster's servers.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">The logs.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="TransferException">It cannot be reached, or holds something else; nothing was written.
    /// </exception>
    public static async Task<MoveTarget> OpenAsync(
        WholeFolder source, ServerOptions options, TimeProvider time, ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(OpenMax, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        await using var opened = new OpenedParts();
        try
        {
            return await OpenAsync(opened, source, options, time, loggers, ending.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unreachable($"The target was not ready within {OpenMax.TotalMinutes:N0} minutes.");
        }
        catch (Exception refused) when (refused is CassandraRefusedException or KafkaLogException)
        {
            throw new TransferException(BackupFault.Asked, refused.Message, refused);
        }
        catch (Exception away) when (away is HistoryUnavailableException or OutcomeUnknownException
            or LogUnavailableException)
        {
            throw Unreachable($"The target does not answer: {away.Message}", away);
        }
    }

    /// <summary>Notes durably that everything before the place is there.</summary>
    /// <exception cref="HistoryUnavailableException">Repeat it.</exception>
    public async Task NoteAsync(ContentPlace? place, CancellationToken cancellationToken)
    {
        var next = Mark with { Place = place };
        if (!await _row.TryReplaceAsync($"{Mark}", $"{next}", cancellationToken))
            throw new TransferException(
                BackupFault.Refused, "Another move writes into the same keyspace: let one of them end.");
        Mark = next;
    }

    /// <summary>What the keyspace knows of its past, so that clients can prove theirs, and of the ids of the folder's
    /// node.</summary>
    public async Task TakeLineageAsync(WholeFolder source, CancellationToken cancellationToken)
    {
        // Another number of partitions: a client that was behind in some of them would be behind in others.
        var isSame = source.Partitions == Partitions;
        foreach (var start in await source.Lineage.ReadStartsAsync(cancellationToken))
            await _lineage.WriteStartAsync(
                isSame ? start : start with { IsDisowned = true }, [], cancellationToken);
        var (node, idsMs) = source.Ids;
        var ids = new CassandraNodeIdStore(_session);
        if (await ids.ReadAsync(node, cancellationToken) is null)
            await ids.TryReplaceAsync(
                former: null, new NodeIdRow(node, $"moved {source.Id}", Incarnation: null, idsMs), cancellationToken);
    }

    /// <summary>Proves that whatever the new log takes is later than all of the old one: a tick in each partition.
    /// </summary>
    /// <exception cref="TransferException">The brokers' clocks are behind.</exception>
    public async Task ProveTimeAsync(long logTimeMs, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        for (var partition = 0; partition < Partitions; partition++)
        {
            while (await TickAsync(partition, cancellationToken) is var timeMs && timeMs < logTimeMs)
            {
                if (_time.GetElapsedTime(began) > ClockMax)
                    throw new TransferException(
                        BackupFault.Refused,
                        $"The clock of the leader of partition {partition} is "
                        + $"{TimeSpan.FromMilliseconds(logTimeMs - timeMs).TotalSeconds:N0} s behind the last record "
                        + "of the folder: set the clocks of the brokers right and run the move again.");
                await Task.Delay(Again, _time, cancellationToken);
            }
        }
    }

    public ValueTask DisposeAsync() => _opened.DisposeAsync();

    private static async Task<MoveTarget> OpenAsync(
        OpenedParts opened, WholeFolder source, ServerOptions options, TimeProvider time, ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var store = options.Store.ToCassandra(options.Trim.Retention);
        var kafka = options.Log.ToKafka(options.Trim.Retention) with { Home = CassandraReport.Home };
        var clients = opened.Add(new KafkaClients(kafka, time, loggers));
        await ReachAsync(store, clients, time, loggers, cancellationToken);

        var session = opened.Add(await CassandraConnection.OpenAsync(store, time, loggers, cancellationToken));
        var former = MoveMark.Parse(
            await new InstallationRow(session, MoveMark.Name).ReadAsync(cancellationToken));
        await CheckAsync(session, former, source, options, cancellationToken);
        var log = opened.Add(await OpenLogAsync(session, clients, options, time, loggers, cancellationToken));
        var mark = former ?? new MoveMark(source.Id, source.Generation, ContentPlace.Start);
        await BeginAsync(session, former, mark, log, source, cancellationToken);
        var decisions = opened.Add(new Decisions(time));
        var lineage = await CassandraLineageStore.OpenAsync(session, decisions, time, cancellationToken);
        return new MoveTarget(opened.Keep(), session, log, lineage, decisions, mark, time);
    }

    /// <summary>One try of each, so that an address that is wrong is said at once.</summary>
    private static async Task ReachAsync(
        CassandraOptions store, KafkaClients clients, TimeProvider time, ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        try
        {
            await CassandraConnection.ReachAsync(store, AnswerMax, time, loggers, cancellationToken);
        }
        catch (HistoryUnavailableException away)
        {
            throw Unreachable(
                $"No node of Cassandra at {store.ContactPoints} answers: {away.Message} Start the nodes, or correct "
                + "LiveChat:Store:ContactPoints. Nothing was moved.",
                away);
        }

        try
        {
            using var admin = new KafkaAdmin(clients);
            await admin.LookAsync(cancellationToken).WaitAsync(AnswerMax, time, cancellationToken);
        }
        catch (Exception away) when (away is KafkaAwayException or TimeoutException)
        {
            throw Unreachable(
                $"No broker of {clients.Options.Brokers} answers: {away.Message} Start the brokers, or correct "
                + "LiveChat:Log:Brokers. Nothing was moved.",
                away);
        }
    }

    private static async Task CheckAsync(
        CassandraSession session, MoveMark? mark, WholeFolder source, ServerOptions options,
        CancellationToken cancellationToken)
    {
        var keyspace = options.Store.Keyspace;
        if (mark is not null && mark.FolderId != source.Id)
            throw new TransferException(
                BackupFault.Asked,
                $"The keyspace {keyspace} holds the data folder {mark.FolderId}, and {source.Folder.Path} is "
                + $"{source.Id}: name another keyspace and another topic.");
        if (mark is null && await new InstallationRow(session, EpochName).ReadAsync(cancellationToken) is not null)
            throw new TransferException(
                BackupFault.Asked,
                $"The keyspace {keyspace} holds another installation: name another keyspace (LiveChat:Store:Keyspace) "
                + "and another topic (LiveChat:Log:Topic). Nothing was moved.");
        if (mark is null or { Place: not null } && options.Log.Generation <= source.Generation)
            throw new TransferException(
                BackupFault.Asked,
                $"The positions of the data folder are in generation {source.Generation}, and LiveChat:Log:Generation "
                + $"is {options.Log.Generation}: set it to {source.Generation + 1}, here and for every server of the "
                + "cluster.");
    }

    private static async Task<KafkaMessageLog> OpenLogAsync(
        CassandraSession session, KafkaClients clients, ServerOptions options, TimeProvider time,
        ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var former = await new CassandraLogMark(session).ReadAsync(cancellationToken);
        var log = await KafkaMessageLog.OpenAsync(clients, former, cancellationToken);
        if (former is not null) return log;

        // The leaders of a new topic are not known everywhere at once.
        var ranges = await FolderStores.RangesAsync(log, time, loggers, cancellationToken);
        if (ranges.Values.All(static one => one.End == Position.None)) return log;
        await log.DisposeAsync();
        throw new TransferException(
            BackupFault.Asked,
            $"The topic {options.Log.Topic} holds records of something else: name another one (LiveChat:Log:Topic). "
            + "Nothing was moved.");
    }

    /// <summary>The mark of the move first, and in the folder before it; then what makes the keyspace this
    /// installation.</summary>
    private static async Task BeginAsync(
        CassandraSession session, MoveMark? former, MoveMark mark, KafkaMessageLog log, WholeFolder source,
        CancellationToken cancellationToken)
    {
        var keyspace = session.Options.Keyspace;
        if (MovedFolder.KeyspaceOf(source.Folder) is { } other && other != keyspace)
            throw new TransferException(
                BackupFault.Asked,
                $"The move of {source.Folder.Path} into the keyspace {other} has begun: go on with that one, or give "
                + $"it up: drop it and delete {MovedFolder.FileName} in the folder.");
        source.Folder.WriteDurably(MovedFolder.FileName, keyspace);
        var row = new InstallationRow(session, MoveMark.Name);
        var epoch = new InstallationRow(session, EpochName);
        if ((former is null && !await row.TryReplaceAsync(null, $"{mark}", cancellationToken))
            || !await epoch.TryReplaceAsync(null, source.Reads.History.Epoch, cancellationToken)
            || !await new CassandraLogMark(session).TryReplaceAsync(null, log.Mark, cancellationToken))
            throw new TransferException(
                BackupFault.Refused,
                $"Something else writes into the keyspace {keyspace}: a server, or another move. End it.");
    }

    private async Task<long> TickAsync(int partition, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            try
            {
                return (await _log.AppendAsync(partition, RecordEnvelope.Tick, cancellationToken)).TimeMs;
            }
            catch (Exception away) when (away is LogUnavailableException or AppendUnknownException)
            {
                if (_time.GetElapsedTime(began) > ClockMax)
                    throw Unreachable($"The log does not answer: {away.Message} Run the move again.", away);
            }

            await Task.Delay(Again, _time, cancellationToken);
        }
    }

    private static TransferException Unreachable(string message, Exception? inner = null) =>
        new(BackupFault.Unreachable, message, inner);
}
