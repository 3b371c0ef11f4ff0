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

    /// <summary>Null in a keyspace without chats.</summary>
    public async Task<KafkaMark?> ReadAsync(CancellationToken cancellationToken)
    {
        using var read = (await session.BindAsync("SELECT value FROM installation WHERE name = ?", cancellationToken))
            .Set(0, Name);
        using var rows = await session.ReadDecidedAsync(read, cancellationToken);
        return KafkaMark.Parse(rows.Count == 0 || rows[0].IsNull(0) ? null : rows[0].GetString(0));
    }

    /// <summary>Puts a mark in the place of the former one; false when another one is there.</summary>
    public async Task<bool> TryReplaceAsync(KafkaMark? former, KafkaMark mark, CancellationToken cancellationToken)
    {
        using var write = former is null
            ? (await session.BindAsync(
                "INSERT INTO installation (value, name) VALUES (?, ?) IF NOT EXISTS", cancellationToken))
                .Set(0, $"{mark}").Set(1, Name)
            : (await session.BindAsync(
                "UPDATE installation SET value = ? WHERE name = ? IF value = ?", cancellationToken))
                .Set(0, $"{mark}").Set(1, Name).Set(2, $"{former}");
        using var rows = await session.DecideAsync(write, cancellationToken);
        if (rows.WasApplied) return true;

        // Another server, or this one at a try whose answer was lost, has written the same.
        return await ReadAsync(cancellationToken) == mark;
    }
}
