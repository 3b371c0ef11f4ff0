using LiveChat.Cluster.Log;

namespace LiveChat.Cluster.Store;

/// <summary>
/// Which topic the chats of the keyspace stand in, so that every server of the installation reads the same one.
/// <code>
/// installation  'log' → the line of a KafkaMark      by conditions only
/// </code>
/// </summary>
internal sealed class CassandraLogMark(CassandraSession session)
{
    /// <summary>The row.</summary>
    public const string Name = "log";

    private readonly InstallationRow _row = new(session, Name);

    /// <summary>Null in a keyspace without chats.</summary>
    public async Task<KafkaMark?> ReadAsync(CancellationToken cancellationToken) =>
        KafkaMark.Parse(await _row.ReadAsync(cancellationToken));

    /// <summary>Puts a mark in the place of the former one; false when another one is there.</summary>
    public Task<bool> TryReplaceAsync(KafkaMark? former, KafkaMark mark, CancellationToken cancellationToken) =>
        _row.TryReplaceAsync(former is null ? null : $"{former}", $"{mark}", cancellationToken);
}
