using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Protocol.Ids;
using RocksDbSharp;

namespace LiveChat.Embedded.History;

/// <summary>
/// Deletions of chats on RocksDB, in the database of history and so put back together with it.
/// <code>
/// default  'd' chat → deleted finished      'q' chat → nothing: the deletion is open
/// </code>
/// History writes both in the batch of the event that deletes the chat. A purge goes by ranges of keys; what belongs to
/// users it removes a thousand stays at a time, and the stays in the same batch, so that a purge that was cut off is
/// gone on with. The claims come before the creation that names them. Calls that write run on the pool. Any thread.
/// </summary>
internal sealed class RocksDbDeletionStore(HistoryDatabase database) : IDeletionStore
{
    private const int KeyBytesMax = 512;
    private const int RowsAtOnce = 1_000;
    private const byte Row = (byte)'d';
    private const byte Open = (byte)'q';

    /// <summary>Puts the beginning of a deletion into the batch of its event.</summary>
    public static void Begin(WriteBatch batch, HistoryDatabase database, ChatId chat, DeletionRow row)
    {
        batch.Put(KeyOf(Row, chat), RowCodec.Numbers(row.DeletedMs, 0), database.Default);
        batch.Put(KeyOf(Open, chat), (byte[])[], database.Default);
    }

    public ValueTask<ChatDeletion?> ReadAsync(ChatId chat, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Read(chat));

    public ValueTask<IReadOnlyList<ChatDeletion>> ReadOpenAsync(int limit, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<ChatDeletion>>(
        [
            .. database.Scan(database.Default, [Open], [Open + 1], limit)
                .Select(static row => new ChatId((ulong)RowCodec.Number(row.Key.AsSpan(1), 0)))
                .Select(Read).OfType<ChatDeletion>(),
        ]);

    public ValueTask<IReadOnlyList<UserId>> ReadUsersAsync(
        ChatId chat, UserId after, int limit, CancellationToken cancellationToken)
    {
        var users = new List<UserId>();
        while (users.Count < limit && StaysBehind(chat, after, 1) is [var stay])
            users.Add(after = UserOf(stay.Key));
        return ValueTask.FromResult<IReadOnlyList<UserId>>(users);
    }

    public async ValueTask PurgeAsync(ChatState head, CancellationToken cancellationToken) =>
        await Task.Run(() => Purge(head, cancellationToken), cancellationToken);

    public async ValueTask FinishAsync(ChatDeletion deletion, CancellationToken cancellationToken) =>
        await Task.Run(
            () =>
            {
                using var batch = new WriteBatch();
                batch.Put(
                    KeyOf(Row, deletion.Chat), RowCodec.Numbers(deletion.DeletedMs, deletion.FinishedMs),
                    database.Default);
                batch.Delete(KeyOf(Open, deletion.Chat), database.Default);
                database.Write(batch, sync: true);
            },
            cancellationToken);

    private void Purge(ChatState head, CancellationToken cancellationToken)
    {
        Unclaim(head.Chat);
        var last = default(byte[]);
        while (ForgetStays(head, ref last)) cancellationToken.ThrowIfCancellationRequested();

        using var batch = new WriteBatch();
        var (from, to) = (Prefix(head.Chat.Value), Prefix(head.Chat.Value + 1));
        byte[] ofDeletion = [.. from, .. RowCodec.Numbers(head.Seq)];
        DeleteRange(batch, database.Events, from, ofDeletion);
        batch.Delete([.. from, (byte)'f'], database.ChatHead);
        foreach (var table in (ColumnFamilyHandle[])
            [database.Edits, database.Reactions, database.ReactionChanges, database.Markers])
            DeleteRange(batch, table, from, to);

        // The key of the deletion stays, by which it is handed over where delivery is behind history.
        var ofServer = new KeyWriter(stackalloc byte[KeyBytesMax]).Number(head.Chat.Value).Text(CommandKey.Server.Value)
            .Key.ToArray();
        DeleteRange(batch, database.ClientKeys, from, ofServer);
        DeleteRange(batch, database.ClientKeys, [.. ofServer[..^1], 1], to);
        database.Write(batch, sync: true);
    }

    /// <summary>The rows of some stays, and what their users had of the chat. Those who were members to the end keep
    /// where they were, by which their devices hear of the end.</summary>
    private bool ForgetStays(ChatState head, ref byte[]? last)
    {
        var from = last is null ? Prefix(head.Chat.Value) : [.. last, 0];
        var stays = database.Scan(database.ChatMembers, from, Prefix(head.Chat.Value + 1), RowsAtOnce);
        using var batch = new WriteBatch();
        foreach (var (key, value) in stays)
        {
            last = key;
            if (RowCodec.Number(value, 0) != head.Seq) batch.Delete(key, database.ChatMembers);
            Forget(batch, head, UserOf(key));
        }

        if (batch.Count() > 0) database.Write(batch, sync: true);
        return stays.Count == RowsAtOnce;
    }

    private void Forget(WriteBatch batch, ChatState head, UserId user)
    {
        var key = new KeyWriter(stackalloc byte[KeyBytesMax]).Text(user.Value).Number(head.Chat.Value).Key.ToArray();
        byte[]? CellOf(char cell) => database.Get([.. key, (byte)cell], database.UserChats);
        var isToldOfEnd = CellOf('m') is { } membership && RowCodec.Number(membership, 1) == head.Seq;
        if (CellOf('k') is { } marked)
            ChatsByTime.Move(batch, database, user, ChatsByTime.Marks, head.Chat, RowCodec.Number(marked, 2), null);
        batch.Delete([.. key, (byte)'k'], database.UserChats);
        batch.Delete([.. key, (byte)'r'], database.UserChats);
        if (isToldOfEnd) return;
        if (CellOf('h') is { } seen)
            ChatsByTime.Move(batch, database, user, ChatsByTime.Heads, head.Chat, RowCodec.Number(seen, 2), null);
        batch.Delete([.. key, (byte)'h'], database.UserChats);
        batch.Delete([.. key, (byte)'m'], database.UserChats);
    }

    /// <summary>The pair is free for another chat; the key stays taken, without what it was for.</summary>
    private void Unclaim(ChatId chat)
    {
        var first = new RocksDbEventReader(database, chat, new EventRange(1, 1)).Read().Entries;
        if (first is not [{ Event.Record: { Created: not null } creation }]) return;
        using var batch = new WriteBatch();
        foreach (var scope in ChatScopes.Of(creation).Scopes)
        {
            var key = new KeyWriter(new byte[KeyBytesMax]).Text(scope).Key.ToArray();
            if (database.Get(key, database.ChatIds) is not { } held) continue;
            var claim = RowCodec.ReadClaim(held);
            if (claim.Chat != chat) continue;
            if (ChatScopes.IsPair(scope)) batch.Delete(key, database.ChatIds);
            else batch.Put(key, RowCodec.Claim(claim with { Body = ChatClaim.DeletedBody }), database.ChatIds);
        }

        if (batch.Count() > 0) database.Write(batch, sync: true);
    }

    private List<(byte[] Key, byte[] Value)> StaysBehind(ChatId chat, UserId user, int limit)
    {
        var behind = new KeyWriter(stackalloc byte[KeyBytesMax]).Number(chat.Value).Text(user.Value).Key.ToArray();
        behind[^1] = user.Value.Length == 0 ? (byte)0 : (byte)1;
        return database.Scan(database.ChatMembers, behind, Prefix(chat.Value + 1), limit);
    }

    /// <summary>The deletion of the chat; null when there is none.</summary>
    public ChatDeletion? Read(ChatId chat) => database.Get(KeyOf(Row, chat), database.Default) is { } value
        ? new ChatDeletion(chat, RowCodec.Number(value, 0)) { FinishedMs = RowCodec.Number(value, 1) }
        : null;

    private static void DeleteRange(WriteBatch batch, ColumnFamilyHandle table, byte[] from, byte[] to) =>
        batch.DeleteRange(from, (ulong)from.Length, to, (ulong)to.Length, table);

    private static UserId UserOf(byte[] stay)
    {
        var parts = new KeyReader(stay);
        parts.Number();
        return UserId.OfRecord(parts.Text());
    }

    private static byte[] Prefix(ulong chat) => new KeyWriter(stackalloc byte[8]).Number(chat).Key.ToArray();

    private static byte[] KeyOf(byte kind, ChatId chat) => [kind, .. Prefix(chat.Value)];
}
