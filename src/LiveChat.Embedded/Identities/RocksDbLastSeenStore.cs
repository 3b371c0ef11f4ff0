using LiveChat.Core.Identities;
using LiveChat.Embedded.History;
using LiveChat.Protocol.Ids;
using RocksDbSharp;

namespace LiveChat.Embedded.Identities;

/// <summary>
/// Last seen on RocksDB, a cell beside the user's row, in the database of history.
/// <code>
/// users    user 0 's' → time
/// </code>
/// A call reads what is there, then writes one batch, synced, on the pool. Nobody else writes these cells; the lock
/// keeps the read and the write together, since a call that was given up may be under way when the next one comes.
/// </summary>
internal sealed class RocksDbLastSeenStore(HistoryDatabase database) : ILastSeenStore
{
    private const int KeyBytesMax = 80;
    private readonly Lock _raises = new();

    public async ValueTask RaiseLastSeenAsync(IReadOnlyList<LastSeen> seen, CancellationToken cancellationToken) =>
        await Task.Run(
            () =>
            {
                lock (_raises) Raise(seen);
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<long>> ReadLastSeenAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<long>>([.. users.Select(Read)]);

    private void Raise(IReadOnlyList<LastSeen> seen)
    {
        using var batch = new WriteBatch();
        Span<byte> buffer = stackalloc byte[KeyBytesMax];
        Span<byte> number = stackalloc byte[sizeof(long)];
        foreach (var (user, timeMs) in seen)
        {
            var key = KeyOf(user, buffer);
            if (Read(key) < timeMs) batch.Put(key, RowCodec.Numbers(number, timeMs), database.Users);
        }

        if (batch.Count() > 0) database.Write(batch, sync: true);
    }

    /// <summary>When the user was last seen; 0 for never.</summary>
    public long Read(UserId user) => Read(KeyOf(user, stackalloc byte[KeyBytesMax]));

    private long Read(ReadOnlySpan<byte> key) =>
        database.Get(key, database.Users) is { } value ? RowCodec.Number(value, 0) : 0;

    private static ReadOnlySpan<byte> KeyOf(UserId user, Span<byte> buffer) =>
        new KeyWriter(buffer).Text(user.Value).Byte((byte)'s').Key;
}
