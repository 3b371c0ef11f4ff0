using LiveChat.Core.History;
using LiveChat.Protocol.Ids;
using RocksDbSharp;

namespace LiveChat.Embedded.History;

/// <summary>
/// Erasures on RocksDB, in the database of history and so put back together with it.
/// <code>
/// default  'e' user 0 → started finished touched chats messages reactions
///          'o' user 0 → nothing: the erasure is open
/// </code>
/// The row and its mark are in one synced batch, and so is what is forgotten of a chat. What is forgotten of a user is
/// removed a thousand rows at a time. Calls that write run on the pool; the lock keeps two beginnings apart.
/// </summary>
internal sealed class RocksDbErasureStore(HistoryDatabase database) : IErasureStore
{
    /// <summary>What the key of a row begins with.</summary>
    public const byte Row = (byte)'e';

    private const int KeyBytesMax = 512;
    private const int RowsAtOnce = 1_000;
    private const byte Open = (byte)'o';

    private readonly Lock _changes = new();

    public async ValueTask<Erasure> BeginAsync(UserId user, long timeMs, CancellationToken cancellationToken) =>
        await Task.Run(
            () =>
            {
                lock (_changes)
                {
                    if (Read(user) is { } former) return former;
                    var begun = new Erasure(user, timeMs);
                    Put(begun);
                    return begun;
                }
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<Erasure>> ReadAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<Erasure>>([.. users.Select(Read).OfType<Erasure>()]);

    public ValueTask<IReadOnlyList<Erasure>> ReadOpenAsync(int limit, CancellationToken cancellationToken)
    {
        var open = database.Scan(database.Default, [Open], [Open + 1], limit);
        return ValueTask.FromResult<IReadOnlyList<Erasure>>(
            [.. open.Select(static row => UserOf(row.Key)).Select(Read).OfType<Erasure>()]);
    }

    public async ValueTask SaveAsync(Erasure erasure, CancellationToken cancellationToken) =>
        await Task.Run(
            () =>
            {
                lock (_changes) Put(erasure);
            },
            cancellationToken);

    public async ValueTask ForgetChatAsync(UserId user, ChatId chat, CancellationToken cancellationToken) =>
        await Task.Run(() => Forget(user, chat), cancellationToken);

    public async ValueTask ForgetUserAsync(UserId user, CancellationToken cancellationToken) =>
        await Task.Run(() => Forget(user), cancellationToken);

    private void Forget(UserId user, ChatId chat)
    {
        using var batch = new WriteBatch();
        foreach (var (key, _) in database.Scan(
            database.UserChats,
            new KeyWriter(stackalloc byte[KeyBytesMax]).Text(user.Value).Number(chat.Value).Key,
            new KeyWriter(stackalloc byte[KeyBytesMax]).Text(user.Value).Number(chat.Value + 1).Key))
            batch.Delete(key, database.UserChats);
        var ofChat = new KeyWriter(stackalloc byte[KeyBytesMax]).Number(chat.Value).Text(user.Value).Key;
        foreach (var (key, _) in database.Scan(database.ChatMembers, ofChat, Behind(ofChat)))
            batch.Delete(key, database.ChatMembers);
        batch.Delete(ofChat, database.Markers);
        database.Write(batch, sync: true);
    }

    /// <summary>The user's row is the cell without a letter: it stays.</summary>
    private void Forget(UserId user)
    {
        var ofUser = new KeyWriter(stackalloc byte[KeyBytesMax]).Text(user.Value).Key;
        foreach (var table in (ColumnFamilyHandle[])
            [database.UserChats, database.ChatsByTime, database.UserSettings, database.Devices])
            while (DeleteSome(table, ofUser, Behind(ofUser)) == RowsAtOnce)
            {
                // As many rows again may be left.
            }

        DeleteSome(database.Users, [.. ofUser, 0], Behind(ofUser));
    }

    private int DeleteSome(ColumnFamilyHandle table, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        using var batch = new WriteBatch();
        var rows = database.Scan(table, from, to, RowsAtOnce);
        foreach (var (key, _) in rows) batch.Delete(key, table);
        if (rows.Count > 0) database.Write(batch, sync: true);
        return rows.Count;
    }

    /// <summary>The erasure that a row says.</summary>
    public static Erasure ErasureOf(byte[] key, byte[] value) => new(UserOf(key), RowCodec.Number(value, 0))
    {
        FinishedMs = RowCodec.Number(value, 1),
        TouchedMs = RowCodec.Number(value, 2),
        Chats = RowCodec.Number(value, 3),
        Messages = RowCodec.Number(value, 4),
        Reactions = RowCodec.Number(value, 5),
    };

    private Erasure? Read(UserId user) =>
        KeyOf(Row, user) is var key && database.Get(key, database.Default) is { } value ? ErasureOf(key, value) : null;

    private void Put(Erasure erasure)
    {
        using var batch = new WriteBatch();
        var value = RowCodec.Numbers(
            erasure.StartedMs, erasure.FinishedMs, erasure.TouchedMs,
            erasure.Chats, erasure.Messages, erasure.Reactions);
        batch.Put(KeyOf(Row, erasure.User), value, database.Default);
        var open = KeyOf(Open, erasure.User);
        if (erasure.FinishedMs == 0) batch.Put(open, (byte[])[], database.Default);
        else batch.Delete(open, database.Default);
        database.Write(batch, sync: true);
    }

    /// <summary>The first key behind all that begin so.</summary>
    private static byte[] Behind(ReadOnlySpan<byte> prefix) => [.. prefix[..^1], (byte)(prefix[^1] + 1)];

    private static UserId UserOf(byte[] key) => UserId.OfRecord(new KeyReader(key.AsSpan(1)).Text());

    private static byte[] KeyOf(byte kind, UserId user) =>
        new KeyWriter(stackalloc byte[KeyBytesMax]).Byte(kind).Text(user.Value).Key.ToArray();
}
