using LiveChat.Server.Backups;

namespace LiveChat.Tests.Server.Backups;

/// <summary>A folder with backups that answers some times and then no more, as an S3 that dies in the middle.</summary>
/// <param name="path">The folder.</param>
/// <param name="failAt">Before which call, counted from 0, it dies.</param>
internal sealed class FailingPlace(string path, int failAt) : IBackupPlace
{
    private readonly FolderPlace _inner = new(path);
    private int _calls;

    public string Address => _inner.Address;

    public Task<IReadOnlyDictionary<string, long>> ListAsync(string folder, CancellationToken cancellationToken) =>
        Alive().ListAsync(folder, cancellationToken);

    public Task<Stream> OpenAsync(string name, CancellationToken cancellationToken) =>
        Alive().OpenAsync(name, cancellationToken);

    public Task PutAsync(string name, Stream content, CancellationToken cancellationToken) =>
        Alive().PutAsync(name, content, cancellationToken);

    public Task DeleteAsync(string name, CancellationToken cancellationToken) =>
        Alive().DeleteAsync(name, cancellationToken);

    public void Dispose() => _inner.Dispose();

    private FolderPlace Alive() => _calls++ < failAt
        ? _inner
        : throw new BackupException(BackupFault.Unreachable, "It does not answer.");
}
