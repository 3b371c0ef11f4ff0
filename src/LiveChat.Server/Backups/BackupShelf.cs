using System.Text;

namespace LiveChat.Server.Backups;

/// <summary>
/// The backups of one installation in a place:
/// <code>
/// livechat-backups    "1 INSTALLATION": what the place is, and whose
/// backups/ID          the manifest of a backup; ids sort by time
/// files/SHA256        the files of all backups, each once, however many backups have it
/// </code>
/// One process at a time writes (<c>backup-lock</c> of the data folder). What a process that died has left in files/
/// is used by the next backup, or deleted when one is pruned.
/// </summary>
internal sealed class BackupShelf(IBackupPlace place)
{
    private const string MarkName = "livechat-backups";
    private const string Manifests = "backups";
    private const string Files = "files";
    private const int MarkVersion = 1;
    private const int TextBytesMax = 64 << 20;

    public string Address => place.Address;

    /// <summary>The ids of all backups, the oldest first.</summary>
    /// <exception cref="BackupException">The place has no backups.</exception>
    public async Task<IReadOnlyList<string>> IdsAsync(CancellationToken cancellationToken)
    {
        var (_, ids) = await LookAsync(cancellationToken);
        return ids;
    }

    /// <summary>The manifests of all backups, the oldest first.</summary>
    /// <exception cref="BackupException">The place has no backups, or one is damaged.</exception>
    public async Task<IReadOnlyList<BackupManifest>> AllAsync(CancellationToken cancellationToken)
    {
        var (owner, ids) = await LookAsync(cancellationToken);
        var all = new List<BackupManifest>();
        foreach (var id in ids) all.Add(await ReadManifestAsync(id, owner, cancellationToken));
        return all;
    }

    /// <summary>Whose backups are here; null when the place is empty.</summary>
    /// <exception cref="BackupException">The place holds something else.</exception>
    public async Task<string?> InstallationAsync(CancellationToken cancellationToken)
    {
        var entries = await place.ListAsync("", cancellationToken);
        if (entries.Count == 0) return null;
        if (!entries.ContainsKey(MarkName))
            throw new BackupException(
                BackupFault.Asked,
                $"{Address} is not empty and has no backups of LiveChat, but {entries.Keys.Order().First()}: name "
                + "another place.");
        var mark = Encoding.UTF8.GetString(await ReadAsync(MarkName, cancellationToken)).Trim().Split(' ');
        return mark is [var version, var installation] && version == $"{MarkVersion}" ? installation
            : throw new BackupException(
                BackupFault.Damaged,
                $"The file {MarkName} in {Address} is damaged, or of another version: this program knows version "
                + $"{MarkVersion}.");
    }

    /// <summary>Makes the place that of an installation, when it is nobody's.</summary>
    /// <exception cref="BackupException">It is another one's.</exception>
    public async Task TakeForAsync(string installation, CancellationToken cancellationToken)
    {
        var owner = await InstallationAsync(cancellationToken);
        if (owner is null)
        {
            await WriteAsync(MarkName, Encoding.UTF8.GetBytes($"{MarkVersion} {installation}\n"), cancellationToken);
            owner = await InstallationAsync(cancellationToken); // Somebody else may have written it too.
        }

        if (owner != installation)
            throw new BackupException(
                BackupFault.Asked,
                $"{Address} has the backups of another installation ({owner}), this one is {installation}: name "
                + "another place. A data folder that was restored is another installation.");
    }

    /// <summary>The manifest of a backup.</summary>
    /// <param name="id">Which one; null for the newest.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="BackupException">There is no such backup, or its manifest is damaged.</exception>
    public async Task<BackupManifest> FindAsync(string? id, CancellationToken cancellationToken)
    {
        var (owner, ids) = await LookAsync(cancellationToken);
        if (ids.Count == 0)
            throw new BackupException(
                BackupFault.Asked, $"{Address} has no backup that was completed: make one with backup create.");
        var found = id is null ? ids[^1] : ids.Contains(id) ? id : throw new BackupException(
            BackupFault.Asked, $"{Address} has no backup {id}: backup list shows those that it has.");
        return await ReadManifestAsync(found, owner, cancellationToken);
    }

    /// <summary>The checksums of the files that are here, with their lengths.</summary>
    public Task<IReadOnlyDictionary<string, long>> FilesAsync(CancellationToken cancellationToken) =>
        place.ListAsync(Files, cancellationToken);

    public Task<Stream> OpenAsync(BackupFile file, CancellationToken cancellationToken) =>
        place.OpenAsync($"{Files}/{file.Sha256}", cancellationToken);

    public Task PutAsync(string sha256, Stream content, CancellationToken cancellationToken) =>
        place.PutAsync($"{Files}/{sha256}", content, cancellationToken);

    /// <summary>Makes the backup one that is there: all its files must be.</summary>
    public Task CompleteAsync(BackupManifest manifest, CancellationToken cancellationToken) =>
        WriteAsync($"{Manifests}/{manifest.Id}", manifest.Write(), cancellationToken);

    /// <summary>Keeps the newest backups, and deletes the others and the files that none of the former has. A crash in
    /// here leaves files that the next call deletes.</summary>
    /// <exception cref="BackupException">A manifest that stays is damaged: no file is deleted then.</exception>
    /// <param name="keep">How many stay at most.</param>
    /// <param name="takenFrom">Those that were taken before go; the newest stays whenever it was taken.</param>
    /// <param name="cancellationToken">Stops it between two deletions.</param>
    public async Task PruneAsync(int keep, DateTimeOffset takenFrom, CancellationToken cancellationToken)
    {
        var (owner, ids) = await LookAsync(cancellationToken);
        foreach (var old in ids.SkipLast(keep))
            await place.DeleteAsync($"{Manifests}/{old}", cancellationToken);
        var needed = new HashSet<string>();
        foreach (var id in ids.TakeLast(keep))
        {
            var manifest = await ReadManifestAsync(id, owner, cancellationToken);
            if (manifest.TakenAt < takenFrom && id != ids[^1])
                await place.DeleteAsync($"{Manifests}/{id}", cancellationToken);
            else
                needed.UnionWith(manifest.Files.Select(static file => file.Sha256));
        }

        foreach (var file in (await FilesAsync(cancellationToken)).Keys.Where(file => !needed.Contains(file)))
            await place.DeleteAsync($"{Files}/{file}", cancellationToken);
    }

    /// <summary>Whose backups are here, and their ids, the oldest first.</summary>
    private async Task<(string Owner, IReadOnlyList<string> Ids)> LookAsync(CancellationToken cancellationToken)
    {
        var owner = await InstallationAsync(cancellationToken)
            ?? throw new BackupException(BackupFault.Asked, $"{Address} has no backups of LiveChat.");
        var manifests = await place.ListAsync(Manifests, cancellationToken);
        return (owner, [.. manifests.Keys.Order(StringComparer.Ordinal)]);
    }

    private async Task<BackupManifest> ReadManifestAsync(string id, string owner, CancellationToken cancellationToken)
    {
        var manifest = BackupManifest.Read(await ReadAsync($"{Manifests}/{id}", cancellationToken), id);
        return manifest.Installation == owner
            ? manifest
            : throw new BackupException(
                BackupFault.Damaged,
                $"The backup {id} in {Address} is of another installation ({manifest.Installation}) than the place "
                + $"({owner}): somebody has mixed them.");
    }

    private async Task WriteAsync(string name, byte[] bytes, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(bytes);
        await place.PutAsync(name, content, cancellationToken);
    }

    private async Task<byte[]> ReadAsync(string name, CancellationToken cancellationToken)
    {
        await using var stream = await place.OpenAsync(name, cancellationToken);
        using var bytes = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (await stream.ReadAsync(buffer, cancellationToken) is > 0 and var length)
        {
            bytes.Write(buffer, 0, length);
            if (bytes.Length > TextBytesMax)
                throw new BackupException(BackupFault.Damaged, $"{name} in {Address} is larger than any such file.");
        }

        return bytes.ToArray();
    }
}
