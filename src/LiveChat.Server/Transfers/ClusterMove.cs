using LiveChat.Cluster.Store;
using LiveChat.Core.Contents;
using LiveChat.Core.History;
using LiveChat.Core.Ids;
using LiveChat.Embedded;
using LiveChat.Embedded.Disk;
using LiveChat.Server.Backups;
using LiveChat.Server.Hosting;
using LiveChat.Server.Tokens;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Transfers;

/// <summary>
/// Moves a data folder into Kafka and Cassandra: everything is copied in the order of <see cref="ContentSection"/>,
/// compared as servers read it, and only then the keyspace is one that servers start on. A move that was cut off goes
/// on behind the last place that it noted; what is written twice is the same. One thread.
/// </summary>
internal sealed class ClusterMove(
    WholeFolder source, MoveTarget target, IProgress<BackupProgress> progress, TimeProvider time)
{
    private static readonly TimeSpan NoteEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AwayMax = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly ContentCounts _counts = new();

    /// <summary>Moves the folder, and makes the data folder of a server of the cluster.</summary>
    /// <param name="from">The data folder.</param>
    /// <param name="options">Those of the cluster's servers.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">The logs.</param>
    /// <param name="cancellationToken">Ends it; the next one goes on.</param>
    /// <exception cref="TransferException">It is not done; the message says why.</exception>
    public static async Task<TransferReport> RunAsync(
        string from, ServerOptions options, IProgress<BackupProgress> progress, TimeProvider time,
        ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        Check(from, options);
        await using var source = await WholeFolder.OpenAsync(from, progress, time, loggers, cancellationToken);
        TakeSecret(source.Folder.Path, options);
        progress.Report(new BackupProgress("Opening the target"));
        await using var target = await MoveTarget.OpenAsync(source, options, time, loggers, cancellationToken);
        return await new ClusterMove(source, target, progress, time).RunAsync(cancellationToken);
    }

    private static void Check(string from, ServerOptions options)
    {
        if (options.Store.Kind is not StoreKind.Cassandra || options.Log.Kind is not LogKind.Kafka)
            throw new TransferException(
                BackupFault.Asked,
                "The options name no cluster: set LiveChat:Store:Kind=Cassandra and LiveChat:Log:Kind=Kafka, with the "
                + "addresses, as for the servers of the cluster.");
        if (Path.GetFullPath(from) == Path.GetFullPath(options.Data))
            throw new TransferException(
                BackupFault.Asked,
                $"{from} is to be moved, and is the data folder of the options too: name with --data another one, "
                + "which a server of the cluster will have.");
    }

    /// <summary>Tokens, and what clients resume from, are signed with the secret: the first server of the cluster gets
    /// it.</summary>
    private static void TakeSecret(string from, ServerOptions options)
    {
        var secret = Path.Combine(from, TokenSecret.FileName);
        if (!File.Exists(secret)) return;
        var path = TokenSecret.PathOf(options.Data, options.Tokens);
        var own = File.ReadAllBytes(secret);
        try
        {
            using var folder = DataFolder.Open(options.Data);
            new FolderParts(folder).CheckNoneHere();
            if (File.Exists(path) && !own.AsSpan().SequenceEqual(File.ReadAllBytes(path)))
                throw new TransferException(
                    BackupFault.Asked,
                    $"{path} is another secret than that of {from}, and every token and client of it would be refused: "
                    + "put the folder's secret there.");
            if (File.Exists(path)) return;
            using (var copy = new FileStream(path, OwnFiles.Options(FileMode.Create, FileShare.None)))
            {
                copy.Write(own);
                copy.Flush(flushToDisk: true);
            }

            folder.Sync();
        }
        catch (DataFolderException refused)
        {
            throw new TransferException(BackupFault.Asked, refused.Message, refused);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new TransferException(BackupFault.Refused, $"{path} cannot be written: {refused.Message}", refused);
        }
    }

    private async Task<TransferReport> RunAsync(CancellationToken cancellationToken)
    {
        var clientsResume = source.Partitions == target.Partitions;
        if (target.Mark.Place is null)
            return new TransferReport(source.Contents.CountChats(), 0, 0)
            {
                WasDone = true, ClientsResume = clientsResume,
            };
        try
        {
            await CopyAllAsync(cancellationToken);
            var moved = await new MoveComparison(source, target.Reads, progress).RunAsync(cancellationToken);
            progress.Report(new BackupProgress("Ending the move"));
            await target.TakeLineageAsync(source, cancellationToken);
            await target.ProveTimeAsync(source.LogTimeMs, cancellationToken);
            await target.NoteAsync(place: null, cancellationToken);
            return moved with { ClientsResume = clientsResume };
        }
        catch (Exception away) when (IsAway(away))
        {
            throw new TransferException(
                BackupFault.Unreachable,
                $"Cassandra does not answer: {away.Message} Run the move again: it goes on where it was.",
                away);
        }
        catch (Exception damaged) when (damaged is ContentException or DataDamagedException)
        {
            throw new TransferException(BackupFault.Refused, damaged.Message, damaged);
        }
    }

    private static bool IsAway(Exception failed) =>
        failed is HistoryUnavailableException or OutcomeUnknownException or NodeIdStoreException
        || (failed is AggregateException all && all.InnerExceptions.All(IsAway));

    /// <summary>Begins again behind the last place that was noted while Cassandra fails, as long as it gets further.
    /// </summary>
    private async Task CopyAllAsync(CancellationToken cancellationToken)
    {
        var (place, since) = (target.Mark.Place, time.GetTimestamp());
        while (true)
        {
            try
            {
                await CopyAsync(target.Mark.Place!.Value, cancellationToken);
                return;
            }
            catch (Exception away) when (IsAway(away))
            {
                if (target.Mark.Place != place) (place, since) = (target.Mark.Place, time.GetTimestamp());
                if (time.GetElapsedTime(since) > AwayMax) throw;
                progress.Report(new BackupProgress("Waiting for Cassandra"));
                await Task.Delay(Again, time, cancellationToken);
            }
        }
    }

    private async Task CopyAsync(ContentPlace from, CancellationToken cancellationToken)
    {
        target.Taker.Reset();
        var (total, notedAt, done) = (source.Contents.CountChats(), time.GetTimestamp(), from);
        foreach (var part in ContentBatches.Of(source.Contents.Read(from)))
        {
            await target.Taker.TakeAsync(part.Lines, cancellationToken);
            foreach (var line in part.Lines) _counts.Add(line);
            progress.Report(new BackupProgress("Moving", Math.Min(total, _counts.Chats), total) { Unit = "chats" });
            done = part.Done ?? done;
            if (part.Done is null || time.GetElapsedTime(notedAt) < NoteEvery) continue;
            await target.NoteAsync(done, cancellationToken);
            notedAt = time.GetTimestamp();
        }

        await target.NoteAsync(done, cancellationToken);
    }
}
