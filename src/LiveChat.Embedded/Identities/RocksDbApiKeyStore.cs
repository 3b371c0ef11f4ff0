using LiveChat.Core.Identities;
using LiveChat.Embedded.History;

namespace LiveChat.Embedded.Identities;

/// <summary>
/// Server keys on RocksDB, in the database of history.
/// <code>
/// api_keys  id 0 → created, flags, hash of the secret, name        id 0 'u' → last used
/// </code>
/// The time of use is a cell of its own, written without a read; keys are read, changed and written under the lock,
/// which is held over a sync: those calls run on the pool. Any thread.
/// </summary>
internal sealed class RocksDbApiKeyStore(HistoryDatabase database) : IApiKeyStore
{
    private const int KeyBytesMax = 160;
    private const byte UsedCell = (byte)'u';

    private readonly Lock _changes = new();

    public async ValueTask<bool> AddKeyAsync(ApiKey key, CancellationToken cancellationToken) =>
        await Task.Run(
            () =>
            {
                lock (_changes)
                {
                    if (Read(key.Id) is not null) return false;
                    Put(key);
                    return true;
                }
            },
            cancellationToken);

    public ValueTask<ApiKey?> ReadKeyAsync(string id, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Read(id));

    public ValueTask<IReadOnlyList<ApiKey>> ReadKeysAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult(ReadKeys());

    /// <summary>All keys, by id.</summary>
    public IReadOnlyList<ApiKey> ReadKeys()
    {
        var cells = database.Scan(database.ApiKeys, [0], [byte.MaxValue]);
        var keys = database.Unreadable.ReadAll("api_keys", cells, (key, value) => IdOf(key) is { } id
            ? IdentityCodec.ReadKey(id, value, UsedMs(key))
            : null);
        return [.. keys.OfType<ApiKey>()];
    }

    public async ValueTask<bool> DisableKeyAsync(string id, CancellationToken cancellationToken) =>
        await Task.Run(
            () =>
            {
                lock (_changes)
                {
                    if (Read(id) is not { } key) return false;
                    Put(key with { IsDisabled = true });
                    return true;
                }
            },
            cancellationToken);

    public ValueTask TouchKeyAsync(string id, long timeMs, CancellationToken cancellationToken)
    {
        byte[] cell = [.. RowKey(id), UsedCell];
        database.Put(cell, RowCodec.Numbers(timeMs), database.ApiKeys, sync: false);
        return ValueTask.CompletedTask;
    }

    private ApiKey? Read(string id)
    {
        // An id comes from whoever asks: one that no key can have is not looked for.
        if (id.Length is 0 or > KeyBytesMax / 4) return null;
        var key = RowKey(id);
        if (database.Get(key, database.ApiKeys) is not { } value) return null;
        return IdentityCodec.ReadKey(id, value, UsedMs(key));
    }

    /// <summary>The id of a key's own row; null of any other cell.</summary>
    private static string? IdOf(byte[] key)
    {
        var parts = new KeyReader(key);
        var id = parts.Text();
        return parts.IsEnd ? id : null;
    }

    private long UsedMs(byte[] key) =>
        database.Get([.. key, UsedCell], database.ApiKeys) is { } used ? RowCodec.Number(used, 0) : 0;

    private void Put(ApiKey key) =>
        database.Put(RowKey(key.Id), IdentityCodec.Key(key), database.ApiKeys, sync: true);

    private static byte[] RowKey(string id)
    {
        Span<byte> buffer = stackalloc byte[KeyBytesMax];
        return new KeyWriter(buffer).Text(id).Key.ToArray();
    }
}
