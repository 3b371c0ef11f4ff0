using System.Globalization;
using System.Security.Cryptography;
using LiveChat.Embedded.Backups;
using LiveChat.Embedded.Disk;

namespace LiveChat.Server.Backups;

/// <summary>
/// Makes a backup: has a checkpoint taken, sums it up, copies what the place does not have, and names all of it in the
/// manifest, last. Immutable files that the former backup had are neither read nor copied. One thread.
/// </summary>
internal sealed class BackupCreation(
    BackupShelf shelf, string dataFolder, BackupOrder order, TimeProvider time)
{
    private const string IdFormat = "yyyyMMdd'T'HHmmssfff'Z'";

    private readonly string _checkpoint = CheckpointFolder.PathOf(dataFolder);

    /// <param name="takeCheckpoint">Takes one in the data folder.</param>
    /// <param name="cancellationToken">Ends it; there is no backup then.</param>
    /// <exception cref="BackupException">There is no backup.</exception>
    public async Task<BackupReport> RunAsync(
        Func<CancellationToken, Task> takeCheckpoint, CancellationToken cancellationToken)
    {
        try
        {
            using var held = CheckpointFolder.Hold(dataFolder);
            try
            {
                return await RunHeldAsync(takeCheckpoint, cancellationToken);
            }
            finally
            {
                CheckpointFolder.Delete(dataFolder);
            }
        }
        catch (CheckpointException refused)
        {
            throw new BackupException(BackupFault.Refused, refused.Message, refused);
        }
        catch (DataDamagedException damaged)
        {
            throw new BackupException(BackupFault.Refused, damaged.Message, damaged);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new BackupException(
                BackupFault.Refused, $"The checkpoint in {dataFolder} cannot be copied: {failed.Message}", failed);
        }
    }

    private async Task<BackupReport> RunHeldAsync(
        Func<CancellationToken, Task> takeCheckpoint, CancellationToken cancellationToken)
    {
        // Before the server has any work with it.
        await shelf.InstallationAsync(cancellationToken);
        CheckpointFolder.Delete(dataFolder);
        order.Progress.Report(new BackupProgress("Taking a checkpoint"));
        await takeCheckpoint(cancellationToken);
        var takenAt = time.GetUtcNow();
        var about = await CheckpointAbout.ReadAsync(_checkpoint, cancellationToken);
        await shelf.TakeForAsync(about.Installation, cancellationToken);

        order.Progress.Report(new BackupProgress("Summing up the chats"));
        var (chats, messages, tables) = await Task.Run(() => SumUp(cancellationToken), cancellationToken);
        var (files, copiedBytes) = await CopyAsync(cancellationToken);
        var manifest = new BackupManifest
        {
            Format = BackupManifest.FormatNow,
            Id = NewId(takenAt, await shelf.IdsAsync(cancellationToken) is [.., var last] ? last : null),
            TakenAt = takenAt,
            Version = about.Version,
            Installation = about.Installation,
            Chats = chats,
            Messages = messages,
            Tables = tables,
            Files = files,
        };
        await shelf.CompleteAsync(manifest, cancellationToken);
        LastBackup.Note(dataFolder, takenAt);
        if ((order.Keep, order.KeepFor) is not (null, null))
            await shelf.PruneAsync(
                order.Keep ?? int.MaxValue,
                order.KeepFor is { } age ? takenAt - age : DateTimeOffset.MinValue,
                cancellationToken);
        return manifest.Report() with { CopiedBytes = copiedBytes };
    }

    private (long Chats, long Messages, IReadOnlyList<BackupTable> Tables) SumUp(CancellationToken cancellationToken)
    {
        using var sums = HistorySums.Open(Path.Combine(_checkpoint, CheckpointFolder.HistoryName));
        using var file = new FileStream(
            Path.Combine(_checkpoint, BackupManifest.SumsPath), OwnFiles.Options(FileMode.Create, FileShare.None));
        var (chats, messages) = ChatSumsFile.Write(file, sums.Chats(), cancellationToken);
        return (chats, messages, [.. sums.Tables().Select(BackupTable.Of)]);
    }

    private async Task<(IReadOnlyList<BackupFile> Files, long CopiedBytes)> CopyAsync(
        CancellationToken cancellationToken)
    {
        var sources = Sources().Select(static source => (source.Path, File: new FileInfo(source.File))).ToList();
        var there = new Dictionary<string, long>(await shelf.FilesAsync(cancellationToken));
        var former = await FormerAsync(cancellationToken);
        var (total, done, copied) = (sources.Sum(static source => source.File.Length), 0L, 0L);
        var files = new List<BackupFile>();
        foreach (var (path, file) in sources)
        {
            var known = new BackupFile(path, file.Length, "", file.LastWriteTimeUtc.Ticks);
            await using var content = file.OpenRead();
            var sum = former.TryGetValue(known, out var same)
                ? same
                : Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken));
            if (there.GetValueOrDefault(sum, -1) != file.Length)
            {
                content.Position = 0;
                await shelf.PutAsync(sum, content, cancellationToken);
                there[sum] = file.Length;
                copied += file.Length;
            }

            files.Add(known with { Sha256 = sum });
            done += file.Length;
            order.Progress.Report(new BackupProgress("Copying", done, total));
        }

        return (files, copied);
    }

    private IEnumerable<(string Path, string File)> Sources()
    {
        var history = Path.Combine(_checkpoint, CheckpointFolder.HistoryName);
        foreach (var file in Directory.EnumerateFiles(history).Where(IsOfStore).Order(StringComparer.Ordinal))
            yield return (BackupManifest.HistoryFolder + Path.GetFileName(file), file);
        foreach (var name in BackupManifest.CheckpointPaths)
            yield return (name, Path.Combine(_checkpoint, name));
        var secret = Path.Combine(dataFolder, BackupManifest.SecretPath);
        if (!order.WithoutSecret && File.Exists(secret)) yield return (BackupManifest.SecretPath, secret);
    }

    /// <summary>RocksDB writes of what it does, also when it only reads.</summary>
    private static bool IsOfStore(string file) =>
        !Path.GetFileName(file).StartsWith("LOG", StringComparison.Ordinal);

    /// <summary>The checksums of the immutable files of the newest backup. One that cannot be read saves no work.
    /// </summary>
    private async Task<Dictionary<BackupFile, string>> FormerAsync(CancellationToken cancellationToken)
    {
        if ((await shelf.IdsAsync(cancellationToken)).Count == 0) return [];
        try
        {
            return (await shelf.FindAsync(id: null, cancellationToken)).Files
                .Where(static file => file.Path.EndsWith(".sst", StringComparison.Ordinal))
                .ToDictionary(static file => file with { Sha256 = "" }, static file => file.Sha256);
        }
        catch (BackupException damaged) when (damaged.Fault == BackupFault.Damaged)
        {
            return [];
        }
    }

    /// <summary>Behind all others, also when the clock has gone back: the oldest is the first to be deleted.</summary>
    private static string NewId(DateTimeOffset takenAt, string? last)
    {
        var id = takenAt.UtcDateTime.ToString(IdFormat, CultureInfo.InvariantCulture);
        return string.CompareOrdinal(id, last) > 0
            || !DateTime.TryParseExact(
                last, IdFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var before)
            ? id
            : before.AddMilliseconds(1).ToString(IdFormat, CultureInfo.InvariantCulture);
    }
}

/// <summary>How a backup is made.</summary>
/// <param name="Progress">Hears how far it is.</param>
/// <param name="Keep">How many backups stay in the place, this one among them; null: all.</param>
/// <param name="WithoutSecret">Leaves out the secret of the data folder.</param>
internal sealed record BackupOrder(IProgress<BackupProgress> Progress, int? Keep, bool WithoutSecret)
{
    /// <summary>How old a backup in the place may be, except this one; null: as old as it is.</summary>
    public TimeSpan? KeepFor { get; init; }
}
