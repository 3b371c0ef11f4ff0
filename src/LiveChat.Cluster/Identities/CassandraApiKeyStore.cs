using LiveChat.Cluster.Store;
using LiveChat.Core.Identities;
using LiveChat.Cql;
using LiveChat.Cql.Values;

namespace LiveChat.Cluster.Identities;

/// <summary>
/// Server keys on Cassandra.
/// <code>
/// api_keys     ((id))   name, secret_hash, created_ms, is_disabled   by conditions only
/// api_key_uses ((id))   used_ms                                      stamp = the value
/// </code>
/// A use has a table of its own, since an id that has only been used must stay free. The list reads both tables whole:
/// an installation has few keys, and only an operator asks. Any thread.
/// </summary>
internal sealed class CassandraApiKeyStore(CassandraSession session, Decisions decisions) : IApiKeyStore
{
    /// <summary>An id comes from the caller: one that no key can have is not looked for.</summary>
    private const int IdLengthMax = 128;

    private const string Columns = "id, name, secret_hash, created_ms, is_disabled";

    public async ValueTask<bool> AddKeyAsync(ApiKey key, CancellationToken cancellationToken) =>
        await decisions.DecideAsync(
            key.Id,
            async (number, token) =>
            {
                using var insert = await session.BindAsync(
                    $"INSERT INTO api_keys ({Columns}) VALUES (?, ?, ?, ?, ?) IF NOT EXISTS", token);
                insert.Set(0, key.Id).Set(1, key.Name).Set(2, key.SecretHash).Set(3, key.CreatedMs)
                    .Set(4, key.IsDisabled);
                using var decided = await session.DecideAsync(insert, token);

                // A secret is random: a row with this one was written by a former attempt.
                return Decided<bool>.As(decided.WasApplied
                    || (number > 0 && decided[0].Get("secret_hash", CqlCodecs.Text) == key.SecretHash));
            },
            cancellationToken);

    public async ValueTask<ApiKey?> ReadKeyAsync(string id, CancellationToken cancellationToken)
    {
        if (id.Length is 0 or > IdLengthMax) return null;
        var reading = ReadUsedAsync(id, cancellationToken);
        using var read = await session.BindAsync($"SELECT {Columns} FROM api_keys WHERE id = ?", cancellationToken);
        using var rows = await session.ReadAsync(read.Set(0, id), cancellationToken);
        var usedMs = await reading;
        return rows.Count == 0 ? null : KeyOf(rows[0], usedMs);
    }

    public async ValueTask<IReadOnlyList<ApiKey>> ReadKeysAsync(CancellationToken cancellationToken)
    {
        var used = new Dictionary<string, long>(StringComparer.Ordinal);
        using var uses = await session.BindAsync("SELECT id, used_ms FROM api_key_uses", cancellationToken);
        await foreach (var row in session.ReadAllAsync(uses, cancellationToken))
            used[row.GetString(0)] = row.GetInt64(1);
        var keys = new List<ApiKey>();
        using var read = await session.BindAsync($"SELECT {Columns} FROM api_keys", cancellationToken);
        await foreach (var row in session.ReadAllAsync(read, cancellationToken))
            keys.Add(KeyOf(row, used.GetValueOrDefault(row.GetString(0))));
        return [.. keys.OrderBy(static key => key.Id, StringComparer.Ordinal)];
    }

    public async ValueTask<bool> DisableKeyAsync(string id, CancellationToken cancellationToken) =>
        id.Length is > 0 and <= IdLengthMax
        && await decisions.DecideAsync(
            id,
            async (_, token) =>
            {
                // Once more does no harm, so a former attempt need not be looked for.
                using var update = await session.BindAsync(
                    "UPDATE api_keys SET is_disabled = true WHERE id = ? IF EXISTS", token);
                using var decided = await session.DecideAsync(update.Set(0, id), token);
                return Decided<bool>.As(decided.WasApplied);
            },
            cancellationToken);

    public async ValueTask TouchKeyAsync(string id, long timeMs, CancellationToken cancellationToken)
    {
        if (id.Length is 0 or > IdLengthMax) return;
        using var write = await session.BindAsync(
            "UPDATE api_key_uses USING TIMESTAMP ? SET used_ms = ? WHERE id = ?", cancellationToken);
        await session.WriteAsync(write.Set(0, timeMs).Set(1, timeMs).Set(2, id), cancellationToken);
    }

    private async Task<long> ReadUsedAsync(string id, CancellationToken cancellationToken)
    {
        using var read = await session.BindAsync("SELECT used_ms FROM api_key_uses WHERE id = ?", cancellationToken);
        using var rows = await session.ReadAsync(read.Set(0, id), cancellationToken);
        return rows.Count == 0 ? 0 : rows[0].GetInt64(0);
    }

    private static ApiKey KeyOf(Row row, long usedMs) => new(row.GetString(0), row.GetString(1), row.GetString(2))
    {
        CreatedMs = row.GetInt64(3),
        IsDisabled = row.GetBoolean(4),
        LastUsedMs = usedMs,
    };
}
