using System.Globalization;
using System.Security.Cryptography;
using LiveChat.Core.Contents;
using LiveChat.Core.Nodes;
using LiveChat.Embedded;
using LiveChat.Embedded.Backups;
using LiveChat.Embedded.Contents;
using LiveChat.Embedded.Disk;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Identities;
using LiveChat.Server.Backups;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Transfers;

/// <summary>
/// Makes a data folder of an export. The whole file is checked before anything is written. An import that was cut off
/// goes on with the same file where it was; until it is done no server starts with the folder.
/// <code>
/// data folder  'import'   → SUM LINES    of the file, and how many of its lines are durable; gone when it is done
///              'imported' → SUM          of the file that the folder was made of
/// </code>
/// One thread.
/// </summary>
internal sealed class Import(
    string path, int partitions, IProgress<BackupProgress> progress, TimeProvider time, ILoggerFactory loggers)
{
    private const string DoneName = "imported";
    private const string TailName = "import-tail";
    private const int LinesPerWrite = 2_000;
    private static readonly TimeSpan NoteEvery = TimeSpan.FromSeconds(2);

    private readonly ContentCounts _counts = new();
    private int _generation = 1;
    private long _timeMs;
    private long _idsMs;

    /// <param name="data">An empty folder, one that is not there yet, or one in which an import was cut off.</param>
    /// <param name="cancellationToken">Ends it; the next one goes on.</param>
    /// <exception cref="TransferException">Nothing was made.</exception>
    public async Task<TransferReport> RunAsync(string data, CancellationToken cancellationToken)
    {
        try
        {
            var sum = await CheckAsync(cancellationToken);
            if (DataFolder.IsAt(data) && OwnFiles.ReadLine(Path.GetFullPath(data), DoneName) == sum)
                return _counts.Report() with { WasDone = true };
            using var folder = DataFolder.OpenEmpty(data, DataFolder.ImportName);
            await FillAsync(folder, sum, cancellationToken);
            return _counts.Report();
        }
        catch (DataFolderException refused)
        {
            throw new TransferException(BackupFault.Asked, refused.Message, refused);
        }
        catch (ContentException damaged)
        {
            throw new TransferException(BackupFault.Damaged, $"{path}: {damaged.Message}", damaged);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or DataDamagedException
            or CheckpointException)
        {
            throw new TransferException(BackupFault.Refused, failed.Message, failed);
        }
    }

    /// <summary>Reads all of it, and returns its sum.</summary>
    private async Task<string> CheckAsync(CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        var sum = "";
        await foreach (var line in ContentFile.ReadAsync(file, cancellationToken))
        {
            _counts.Add(line);
            switch (line)
            {
                case HeaderLine { User: { } user }:
                    throw new TransferException(
                        BackupFault.Asked,
                        $"{path} holds what one user has ({user}), not an installation: it is for reading.");
                case ChatLine chat:
                    _generation = Math.Max(_generation, chat.Head.Position.Generation);
                    _timeMs = Math.Max(_timeMs, chat.Head.TimeMs);
                    break;
                case ClientKeyLine key:
                    _generation = Math.Max(_generation, key.Use.Position.Generation);
                    _idsMs = Math.Max(_idsMs, key.Use.Id.IssuedAt.ToUnixTimeMilliseconds() + 1);
                    break;
                case EndLine end:
                    sum = end.Sum;
                    break;
                default:
                    break;
            }

            progress.Report(new BackupProgress("Checking", file.Position, file.Length));
        }

        return sum;
    }

    private async Task FillAsync(DataFolder folder, string sum, CancellationToken cancellationToken)
    {
        var done = DoneLines(folder, sum);
        folder.WriteDurably(DataFolder.ImportName, Note(sum, done));
        using (var history = HistoryDatabase.Open(
            folder.Make(folder.HistoryPath), loggers.CreateLogger<HistoryDatabase>()))
        {
            await TakeAsync(folder, history, sum, done, cancellationToken);
            progress.Report(new BackupProgress("Making a data folder of it"));
            ChatsByTimeBuild.Run(history);
            history.Sync();
        }

        await BeginLifeAsync(folder);
        folder.WriteDurably(DoneName, sum);
        File.Delete(Path.Combine(folder.Path, DataFolder.ImportName));
        folder.CompleteFilled();
    }

    private static long DoneLines(DataFolder folder, string sum)
    {
        if (folder.ReadLine(DataFolder.ImportName) is not { } note) return 0;
        if (note.Split(' ') is [var former, var lines] && former == sum)
            return long.Parse(lines, CultureInfo.InvariantCulture);
        throw new TransferException(
            BackupFault.Asked,
            $"The import of another file into {folder.Path} is not done: go on with that file, or empty the folder.");
    }

    private async Task TakeAsync(
        DataFolder folder, HistoryDatabase history, string sum, long done, CancellationToken cancellationToken)
    {
        await using var cells = new RocksDbHistoryStore(history);
        var taker = new ContentTaker(
            new RocksDbChatTaker(history, cells),
            new RocksDbUserStore(history),
            RocksDbIdentities.Over(history),
            new RocksDbErasureStore(history),
            new RocksDbDeletionStore(history));
        await using var file = File.OpenRead(path);
        var (number, batch, notedAt) = (0L, new List<ContentLine>(), time.GetTimestamp());
        var isInChat = false;
        await foreach (var line in ContentFile.ReadAsync(file, cancellationToken))
        {
            number++;
            if (number <= done || line is HeaderLine or EndLine) continue;
            batch.Add(line);
            isInChat = (isInChat || line is ChatLine) && line is not ChatEndLine;
            if (batch.Count < LinesPerWrite) continue;
            await taker.TakeAsync(batch, cancellationToken);
            batch.Clear();
            progress.Report(new BackupProgress("Writing", file.Position, file.Length));
            if (isInChat || time.GetElapsedTime(notedAt) < NoteEvery) continue;
            history.Sync();
            folder.WriteDurably(DataFolder.ImportName, Note(sum, number));
            notedAt = time.GetTimestamp();
        }

        await taker.TakeAsync(batch, cancellationToken);
    }

    /// <summary>A new log in the next generation, another id and another epoch, as after a restore: clients may hold
    /// what came after the export.</summary>
    private async Task BeginLifeAsync(DataFolder folder)
    {
        var tail = Path.Combine(folder.Path, TailName);
        await using (var file = new FileStream(tail, OwnFiles.Options(FileMode.Create, FileShare.None)))
            LogTail.End(file, records: 0);
        var about = new CheckpointAbout("", BuildMark.Full, partitions, _generation, _timeMs, Node: 0, _idsMs);
        using (var restore = FolderRestore.Open(folder, about, loggers))
            await restore.RunAsync(tail, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        File.Delete(tail);
    }

    private static string Note(string sum, long lines) =>
        string.Create(CultureInfo.InvariantCulture, $"{sum} {lines}");
}
