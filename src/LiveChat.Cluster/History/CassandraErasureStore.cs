using LiveChat.Cluster.Store;
using LiveChat.Core.History;
using LiveChat.Cql;
using LiveChat.Protocol.Ids;

namespace LiveChat.Cluster.History;

/// <summary>
/// Erasures on Cassandra.
/// <code>
/// erasures      ((user_id))         started_ms                                    by conditions only
///                                   finished_ms, touched_ms, chats, messages, reactions    stamp = touched_ms
/// open_erasures ((scope), user_id)  started_ms            there while the erasure is open, stamp = started_ms
/// </code>
/// The row is written before its mark and the mark is removed last, so that a beginning or an end that was cut off is
/// done by its repetition. What is forgotten is deleted with a stamp an hour ahead: the user does not come back, and no
/// late write of a former event may show again. Of a chat the row in the user's list goes last. Any thread.
/// </summary>
internal sealed class CassandraErasureStore(CassandraSession session, Decisions decisions, TimeProvider time)
    : IErasureStore
{
    private const int AtOnce = 32;
    private const string Scope = "all";
    private const string Columns = "started_ms, finished_ms, touched_ms, chats, messages, reactions";
    private static readonly TimeSpan Ahead = TimeSpan.FromHours(1);

    public async ValueTask<Erasure> BeginAsync(UserId user, long timeMs, CancellationToken cancellationToken)
    {
        var begun = await decisions.DecideAsync(
            user.Value,
            async (_, token) =>
            {
                // A start that is there stays, whoever wrote it: a former attempt need not be looked for.
                using var insert = await session.BindAsync(
                    "INSERT INTO erasures (user_id, started_ms) VALUES (?, ?) IF NOT EXISTS", token);
                using var decided = await session.DecideAsync(insert.Set(0, user.Value).Set(1, timeMs), token);
                return Decided<bool>.As(decided.WasApplied);
            },
            cancellationToken);
        var erasure = begun ? new Erasure(user, timeMs) : (await FindAsync(user, cancellationToken))!;
        if (erasure.FinishedMs > 0) return erasure;
        using var mark = await session.BindAsync(
            "UPDATE open_erasures USING TIMESTAMP ? SET started_ms = ? WHERE scope = ? AND user_id = ?",
            cancellationToken);
        mark.Set(0, erasure.StartedMs).Set(1, erasure.StartedMs).Set(2, Scope).Set(3, user.Value);
        await session.WriteAsync(mark, cancellationToken);
        return erasure;
    }

    public async ValueTask<IReadOnlyList<Erasure>> ReadAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        var erasures = new Erasure?[users.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, erasures.Length),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (at, token) => erasures[at] = await FindAsync(users[at], token));
        return [.. erasures.OfType<Erasure>()];
    }

    public async ValueTask<IReadOnlyList<Erasure>> ReadOpenAsync(int limit, CancellationToken cancellationToken)
    {
        using var read = await session.BindAsync(
            "SELECT user_id FROM open_erasures WHERE scope = ?", cancellationToken);
        read.Set(0, Scope).PageSize = limit;
        var users = new List<UserId>();
        using (var rows = await session.ReadAsync(read, cancellationToken))
            for (var at = 0; at < rows.Count && users.Count < limit; at++)
                users.Add(UserId.OfRecord(rows[at].GetString(0)));
        var open = new List<Erasure>(users.Count);
        foreach (var user in users)
            if (await FindAsync(user, cancellationToken) is { } erasure)
                open.Add(erasure);
        return open;
    }

    public async ValueTask SaveAsync(Erasure erasure, CancellationToken cancellationToken)
    {
        using var write = await session.BindAsync(
            "UPDATE erasures USING TIMESTAMP ? SET finished_ms = ?, touched_ms = ?, chats = ?, messages = ?, "
            + "reactions = ? WHERE user_id = ?",
            cancellationToken);
        write.Set(0, erasure.TouchedMs).Set(1, erasure.FinishedMs).Set(2, erasure.TouchedMs).Set(3, erasure.Chats)
            .Set(4, erasure.Messages).Set(5, erasure.Reactions).Set(6, erasure.User.Value);
        await session.WriteAsync(write, cancellationToken);
        if (erasure.FinishedMs == 0) return;
        await DeleteAsync(
            "DELETE FROM open_erasures USING TIMESTAMP ? WHERE scope = ? AND user_id = ?",
            delete => delete.Set(1, Scope).Set(2, erasure.User.Value),
            cancellationToken);
    }

    public async ValueTask ForgetChatAsync(UserId user, ChatId chat, CancellationToken cancellationToken)
    {
        var bits = unchecked((long)chat.Value);
        foreach (var table in (string[])["chat_members", "markers", "user_chats"])
            await DeleteAsync(
                $"DELETE FROM {table} USING TIMESTAMP ? WHERE user_id = ? AND chat_id = ?",
                delete => delete.Set(1, user.Value).Set(2, bits),
                cancellationToken);
    }

    public async ValueTask ForgetUserAsync(UserId user, CancellationToken cancellationToken)
    {
        foreach (var table in (string[])["user_chats", "user_settings", "devices", "last_seen"])
            await DeleteAsync(
                $"DELETE FROM {table} USING TIMESTAMP ? WHERE user_id = ?",
                delete => delete.Set(1, user.Value),
                cancellationToken);
    }

    private async ValueTask<Erasure?> FindAsync(UserId user, CancellationToken cancellationToken)
    {
        using var read = await session.BindAsync(
            $"SELECT {Columns} FROM erasures WHERE user_id = ?", cancellationToken);
        using var rows = await session.ReadAsync(read.Set(0, user.Value), cancellationToken);
        return rows.Count == 0 || rows[0].IsNull(0) ? null : ErasureOf(user, rows[0]);
    }

    private async ValueTask DeleteAsync(
        string cql, Action<BoundStatement> bind, CancellationToken cancellationToken)
    {
        using var delete = await session.BindAsync(cql, cancellationToken);
        delete.Set(0, (time.GetUtcNow() + Ahead).ToUnixTimeMilliseconds() * 1_000);
        bind(delete);
        await session.WriteAsync(delete, cancellationToken);
    }

    private static Erasure ErasureOf(UserId user, Row row) => new(user, row.GetInt64(0))
    {
        FinishedMs = NumberOf(row, 1),
        TouchedMs = NumberOf(row, 2),
        Chats = NumberOf(row, 3),
        Messages = NumberOf(row, 4),
        Reactions = NumberOf(row, 5),
    };

    private static long NumberOf(Row row, int ordinal) => row.IsNull(ordinal) ? 0 : row.GetInt64(ordinal);
}
