using LiveChat.Core.Contents;
using LiveChat.Embedded.Disk;
using LiveChat.Protocol.Ids;
using LiveChat.Server.Backups;

namespace LiveChat.Server.Transfers;

/// <summary>Writes what a data folder holds into a file: beside it first, so that a file with the name is
/// whole.</summary>
internal sealed class Export(WholeFolder source, IProgress<BackupProgress> progress)
{
    private const string Unfinished = ".unfinished";
    private const int BufferBytes = 1 << 20;

    /// <param name="path">The file, which must not be there.</param>
    /// <param name="user">Whose; null: everybody's.</param>
    /// <param name="cancellationToken">Ends it; there is no file then.</param>
    /// <exception cref="TransferException">There is no file.</exception>
    public async Task<TransferReport> RunAsync(string path, UserId? user, CancellationToken cancellationToken)
    {
        var unfinished = path + Unfinished;
        try
        {
            if (File.Exists(path))
                throw new TransferException(BackupFault.Asked, $"{path} is there already: name another file.");
            var report = await Task.Run(() => Write(unfinished, user, cancellationToken), cancellationToken);
            File.Move(unfinished, path, overwrite: false);
            return report;
        }
        catch (Exception failed)
        {
            File.Delete(unfinished);
            if (failed is ContentException or DataDamagedException)
                throw new TransferException(BackupFault.Refused, failed.Message, failed);
            if (failed is IOException or UnauthorizedAccessException)
                throw new TransferException(
                    BackupFault.Refused, $"The file {path} cannot be written: {failed.Message}", failed);
            throw;
        }
    }

    private TransferReport Write(string path, UserId? user, CancellationToken cancellationToken)
    {
        using var file = new FileStream(path, OwnFiles.Options(FileMode.Create, FileShare.None));
        using var buffered = new BufferedStream(file, BufferBytes);
        var (lines, counts) = (new ContentFileWriter(buffered), new ContentCounts());
        var total = user is null ? source.Contents.CountChats() : 0;
        lines.Write(new HeaderLine(HeaderLine.VersionNow, user));
        var parts = user is { } one ? source.Contents.ReadUser(one) : source.Contents.Read(ContentPlace.Start);
        foreach (var part in parts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var line in part.Lines)
            {
                counts.Add(line);
                lines.Write(line);
            }

            progress.Report(new BackupProgress("Writing", counts.Chats, total) { Unit = "chats" });
        }

        lines.End();
        buffered.Flush();
        file.Flush(flushToDisk: true);
        return counts.Report();
    }
}
