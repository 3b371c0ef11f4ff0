namespace LiveChat.Server.Backups;

/// <summary>
/// Where backups are kept: files with names such as <c>files/3f…</c>. A file is there as a whole or not at all,
/// whatever fails. Every failure is a <see cref="BackupException"/>. One thread at a time.
/// </summary>
internal interface IBackupPlace : IDisposable
{
    /// <summary>The address, as the operator wrote it.</summary>
    string Address { get; }

    /// <summary>The files of a folder and their lengths in bytes, by their names in it; none when there is no such
    /// folder. The empty name is the place itself: its own files, and one entry for each of its folders.</summary>
    Task<IReadOnlyDictionary<string, long>> ListAsync(string folder, CancellationToken cancellationToken);

    /// <summary>Reads a file that is there.</summary>
    Task<Stream> OpenAsync(string name, CancellationToken cancellationToken);

    /// <summary>Writes a file, durably; one of the same name is replaced.</summary>
    Task PutAsync(string name, Stream content, CancellationToken cancellationToken);

    /// <summary>Deletes a file; one that is not there is deleted already.</summary>
    Task DeleteAsync(string name, CancellationToken cancellationToken);
}
