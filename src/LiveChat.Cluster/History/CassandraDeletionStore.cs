using Google.Protobuf;
using LiveChat.Cluster.Store;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Cql;
using LiveChat.Protocol.Ids;

namespace LiveChat.Cluster.History;

/// <summary>
/// Deletions of chats on Cassandra.
/// <code>
/// chat_deletions ((chat_id))         deleted_ms     stamp W of the event         finished_ms     stamp = finished_ms
/// open_deletions ((scope), chat_id)  deleted_ms     stamp W of the event; there while the deletion is open
/// </code>
/// History writes both with the event that deletes the chat. A purge deletes with the stamp of that event, which is
/// above that of every cell of the chat: a late or repeated write of a former event does not show again. Of each bucket
/// the keys of its events go first, since the events name them; what belongs to users goes before their stays, and the
/// claims before the creation. The mark of an open deletion goes with its own stamp, so a replay does not open it anew.
/// Any thread.
/// </summary>
internal sealed class CassandraDeletionStore(CassandraSession session, Decisions decisions, TimeProvider time)
    : IDeletionStore
{
    private const int AtOnce = 16;
    private const int MicrosecondsPerMs = 1_000;

    public async ValueTask<ChatDeletion?> ReadAsync(ChatId chat, CancellationToken cancellationToken)
    {
        using var read = await session.BindAsync(
            "SELECT deleted_ms, finished_ms FROM chat_deletions WHERE chat_id = ?", cancellationToken);
        using var rows = await session.ReadAsync(read.Set(0, Bits(chat)), cancellationToken);
        return rows.Count == 0 || rows[0].IsNull(0)
            ? null
            : new ChatDeletion(chat, rows[0].GetInt64(0))
            {
                FinishedMs = rows[0].IsNull(1) ? 0 : rows[0].GetInt64(1),
            };
    }

    public async ValueTask<IReadOnlyList<ChatDeletion>> ReadOpenAsync(int limit, CancellationToken cancellationToken)
    {
        using var read = await session.BindAsync(
            "SELECT chat_id, deleted_ms FROM open_deletions WHERE scope = ? LIMIT ?", cancellationToken);
        var open = new List<ChatDeletion>();
        await foreach (var row in session.ReadAllAsync(
            read.Set(0, HistoryCql.DeletionScope).Set(1, limit), cancellationToken))
            open.Add(new ChatDeletion(new ChatId((ulong)row.GetInt64(0)), row.GetInt64(1)));
        return open;
    }

    public async ValueTask<IReadOnlyList<UserId>> ReadUsersAsync(
        ChatId chat, UserId after, int limit, CancellationToken cancellationToken)
    {
        using var read = await session.BindAsync(
            "SELECT user_id FROM chat_members WHERE chat_id = ? AND user_id > ?", cancellationToken);
        read.Set(0, Bits(chat)).Set(1, after.Value);
        var users = new List<UserId>();
        await foreach (var row in session.ReadAllAsync(read, cancellationToken))
        {
            var user = UserId.OfRecord(row.GetString(0));
            if (users.Count > 0 && users[^1] == user) continue;
            if (users.Count == limit) break;
            users.Add(user);
        }

        return users;
    }

    public async ValueTask PurgeAsync(ChatState head, CancellationToken cancellationToken)
    {
        await UnclaimAsync(head.Chat, cancellationToken);
        await ForgetUsersAsync(head, cancellationToken);
        await DeleteAsync(
            "DELETE FROM markers USING TIMESTAMP ? WHERE chat_id = ?", head, static delete => delete,
            cancellationToken);
        for (var bucket = 0L; bucket <= HistoryCql.BucketOf(head.Seq); bucket++)
            await ForgetBucketAsync(head, bucket, cancellationToken);
    }

    public async ValueTask FinishAsync(ChatDeletion deletion, CancellationToken cancellationToken)
    {
        using var write = await session.BindAsync(
            "UPDATE chat_deletions USING TIMESTAMP ? SET finished_ms = ? WHERE chat_id = ?", cancellationToken);
        write.Set(0, deletion.FinishedMs * MicrosecondsPerMs).Set(1, deletion.FinishedMs).Set(2, Bits(deletion.Chat));
        await session.WriteAsync(write, cancellationToken);
        using var stamped = await session.BindAsync(HistoryCql.ReadHead, cancellationToken);
        using var heads = await session.ReadAsync(stamped.Set(0, Bits(deletion.Chat)), cancellationToken);

        // Without a head the mark stands alone: somebody took the rest away.
        var stamp = heads.Count > 0
            ? heads[0].GetInt64(3)
            : time.GetUtcNow().ToUnixTimeMilliseconds() * MicrosecondsPerMs;
        using var delete = await session.BindAsync(
            "DELETE FROM open_deletions USING TIMESTAMP ? WHERE scope = ? AND chat_id = ?", cancellationToken);
        await session.WriteAsync(
            delete.Set(0, stamp).Set(1, HistoryCql.DeletionScope).Set(2, Bits(deletion.Chat)), cancellationToken);
    }

    /// <summary>Those who were members to the end keep where they were, by which their devices hear of the end.
    /// </summary>
    private async ValueTask ForgetUsersAsync(ChatState head, CancellationToken cancellationToken)
    {
        using var read = await session.BindAsync(
            "SELECT user_id, from_seq, to_seq FROM chat_members WHERE chat_id = ?", cancellationToken);
        var stays = new Dictionary<string, List<(long From, long To)>>();
        await foreach (var row in session.ReadAllAsync(read.Set(0, Bits(head.Chat)), cancellationToken))
        {
            var user = row.GetString(0);
            if (!stays.TryGetValue(user, out var ofUser)) stays.Add(user, ofUser = []);
            ofUser.Add((row.GetInt64(1), row.GetInt64(2)));
        }

        await Bounded.RunAsync([.. stays], AtOnce, async one =>
        {
            var isToldOfEnd = one.Value.Exists(stay => stay.To == head.Seq);
            var what = isToldOfEnd ? "read_seq, read_n, read_time_ms, marked_time_ms " : "";
            await DeleteAsync(
                $"DELETE {what}FROM user_chats USING TIMESTAMP ? WHERE chat_id = ? AND user_id = ?", head,
                delete => delete.Set(2, one.Key), cancellationToken);
            foreach (var (from, to) in one.Value)
                if (to != head.Seq)
                    await DeleteAsync(
                        "DELETE FROM chat_members USING TIMESTAMP ? WHERE chat_id = ? AND user_id = ? AND from_seq = ?",
                        head, delete => delete.Set(2, one.Key).Set(3, from), cancellationToken);
        });
    }

    private async ValueTask ForgetBucketAsync(ChatState head, long bucket, CancellationToken cancellationToken)
    {
        using var read = await session.BindAsync(
            "SELECT event FROM events WHERE chat_id = ? AND bucket = ? AND seq < ?", cancellationToken);
        read.Set(0, Bits(head.Chat)).Set(1, bucket).Set(2, head.Seq);
        var keys = new HashSet<(string Sender, int Month)>();
        await foreach (var row in session.ReadAllAsync(read, cancellationToken))
            if (!row.IsNull(0) && KeyOf(row.GetBytes(0)) is { } key)
                keys.Add(key);
        await Bounded.RunAsync([.. keys], AtOnce, async key => await DeleteAsync(
            "DELETE FROM client_keys USING TIMESTAMP ? WHERE chat_id = ? AND sender = ? AND month = ?", head,
            delete => delete.Set(2, key.Sender).Set(3, key.Month), cancellationToken));
        foreach (var table in (string[])["edits", "reactions", "reaction_changes", "events"])
            await DeleteAsync(
                $"DELETE FROM {table} USING TIMESTAMP ? WHERE chat_id = ? AND bucket = ? AND seq < ?", head,
                delete => delete.Set(2, bucket).Set(3, head.Seq), cancellationToken);
    }

    /// <summary>Null where the event cannot be read any more.</summary>
    private static (string Sender, int Month)? KeyOf(ReadOnlySpan<byte> bytes)
    {
        try
        {
            if (StoredEvent.Parser.ParseFrom(bytes).Record is not { } record) return null;
            var key = CommandKey.Of(record);
            return (key.Sender.Value, CommitWrite.MonthOf(key.ClientId));
        }
        catch (Exception unreadable) when (unreadable is InvalidProtocolBufferException or FormatException)
        {
            return null;
        }
    }

    /// <summary>The pair is free for another chat; the key stays taken, without what it was for.</summary>
    private async ValueTask UnclaimAsync(ChatId chat, CancellationToken cancellationToken)
    {
        var first = await new CassandraEventReader(session, chat, new EventRange(1, 1)).ReadAsync(cancellationToken);
        if (first.Entries is not [{ Event.Record: { Created: not null } creation }]) return;
        foreach (var scope in ChatScopes.Of(creation).Scopes)
            await decisions.DecideAsync(
                scope,
                async (number, token) => Decided<bool>.As(await UnclaimAsync(scope, chat, number > 0, token)),
                cancellationToken);
    }

    private async ValueTask<bool> UnclaimAsync(
        string scope, ChatId chat, bool isDecided, CancellationToken cancellationToken)
    {
        using var read = await session.BindAsync("SELECT chat_id FROM chat_ids WHERE scope = ?", cancellationToken);
        read.Set(0, scope);
        using var held = isDecided
            ? await session.ReadDecidedAsync(read, cancellationToken)
            : await session.ReadAsync(read, cancellationToken);
        if (held.Count == 0 || held[0].GetInt64(0) != Bits(chat)) return false;
        using var change = ChatScopes.IsPair(scope)
            ? await session.BindAsync("DELETE FROM chat_ids WHERE scope = ? IF chat_id = ?", cancellationToken)
            : await session.BindAsync(
                "UPDATE chat_ids SET body = 0x00 WHERE scope = ? IF chat_id = ?", cancellationToken);
        using var decided = await session.DecideAsync(change.Set(0, scope).Set(1, Bits(chat)), cancellationToken);
        return decided.WasApplied;
    }

    /// <summary>A deletion with the stamp of the event that deleted the chat; the chat's id is the second value.
    /// </summary>
    private async ValueTask DeleteAsync(
        string cql, ChatState head, Func<BoundStatement, BoundStatement> bind, CancellationToken cancellationToken)
    {
        using var delete = await session.BindAsync(cql, cancellationToken);
        await session.WriteAsync(
            bind(delete.Set(0, head.Stamp).Set(1, Bits(head.Chat))), cancellationToken);
    }

    private static long Bits(ChatId chat) => unchecked((long)chat.Value);
}
