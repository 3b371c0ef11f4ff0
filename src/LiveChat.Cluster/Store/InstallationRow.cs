namespace LiveChat.Cluster.Store;

/// <summary>A row of the table <c>installation</c>, which is written by conditions only. Any thread.</summary>
/// <param name="session">The keyspace.</param>
/// <param name="name">The name of the row.</param>
internal sealed class InstallationRow(CassandraSession session, string name)
{
    /// <summary>Null where there is no such row.</summary>
    public async Task<string?> ReadAsync(CancellationToken cancellationToken)
    {
        using var read = (await session.BindAsync("SELECT value FROM installation WHERE name = ?", cancellationToken))
            .Set(0, name);
        using var rows = await session.ReadDecidedAsync(read, cancellationToken);
        return rows.Count == 0 || rows[0].IsNull(0) ? null : rows[0].GetString(0);
    }

    /// <summary>Puts a value in the place of the former one; false when another one is there.</summary>
    public async Task<bool> TryReplaceAsync(string? former, string value, CancellationToken cancellationToken)
    {
        using var write = former is null
            ? (await session.BindAsync(
                "INSERT INTO installation (value, name) VALUES (?, ?) IF NOT EXISTS", cancellationToken))
                .Set(0, value).Set(1, name)
            : (await session.BindAsync(
                "UPDATE installation SET value = ? WHERE name = ? IF value = ?", cancellationToken))
                .Set(0, value).Set(1, name).Set(2, former);
        using var rows = await session.DecideAsync(write, cancellationToken);
        if (rows.WasApplied) return true;

        // Another one, or this one at a try whose answer was lost, has written the same.
        return await ReadAsync(cancellationToken) == value;
    }
}
