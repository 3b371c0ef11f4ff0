using LiveChat.Cluster.Store;
using LiveChat.Core.Identities;
using LiveChat.Cql;
using LiveChat.Protocol;
using LiveChat.Protocol.Ids;

namespace LiveChat.Cluster.Identities;

/// <summary>
/// What users have set for their chats, on Cassandra.
/// <code>
/// user_settings ((user_id), chat_id)   muted_until_ms, is_pinned, hidden_n, time_ms   by conditions only
///               ((user_id))            version, pins   static: the last change, and how many chats are pinned
/// </code>
/// A change is a statement whose condition is the version that was read first, so that two changes never both pin the
/// last chat that may be pinned. What was changed since a time is found among all rows of the user, read a page at a
/// time. Any thread.
/// </summary>
internal sealed class CassandraUserSettingsStore(CassandraSession session, Decisions decisions) : IUserSettingsStore
{
    private const int RowsPerRead = 1_000;
    private const string Columns = "chat_id, muted_until_ms, is_pinned, hidden_n, time_ms";

    public async ValueTask<ChatSettings?> ChangeSettingsAsync(
        UserId user, ChatId chat, ChatSettingsChange change, long timeMs, CancellationToken cancellationToken)
    {
        Guid? tried = null;
        return await decisions.DecideAsync(
            user.Value,
            async (number, token) =>
            {
                // The version first: settings that are read behind it are at least as new.
                var (version, pinned) = await ReadVersionAsync(user, isDecided: number > 0, token);
                var former = await ReadAsync(user, chat, isDecided: number > 0, token);
                if (version == tried && tried is not null) return Decided<ChatSettings?>.As(former);
                var settings = (former ?? new ChatSettings(chat, 0, false, 0)).With(change, timeMs);
                var pins = pinned - (former is { IsPinned: true } ? 1 : 0) + (settings.IsPinned ? 1 : 0);
                if (pins > pinned && pins > Limits.PinsMax) return Decided<ChatSettings?>.As(null);
                tried = Decisions.NewVersion();
                return await TryWriteAsync(user, settings, pins, version, tried.Value, token)
                    ? Decided<ChatSettings?>.As(settings)
                    : Decided<ChatSettings?>.Again;
            },
            cancellationToken);
    }

    public async ValueTask<ChatSettings?> ReadSettingsAsync(
        UserId user, ChatId chat, CancellationToken cancellationToken) =>
        await ReadAsync(user, chat, isDecided: false, cancellationToken);

    public async ValueTask<IReadOnlyList<ChatSettings>> ReadSettingsSinceAsync(
        UserId user, long timeMs, int limit, CancellationToken cancellationToken)
    {
        using var read = await session.BindAsync(
            $"SELECT {Columns} FROM user_settings WHERE user_id = ?", cancellationToken);
        read.Set(0, user.Value).PageSize = RowsPerRead;
        var latest = new PriorityQueue<ChatSettings, (long, ulong)>();
        await foreach (var row in session.ReadAllAsync(read, cancellationToken))
        {
            var settings = SettingsOf(row);
            if (settings.TimeMs < timeMs) continue;
            latest.Enqueue(settings, (settings.TimeMs, settings.Chat.Value));
            if (latest.Count > limit) latest.Dequeue();
        }

        return
        [
            .. latest.UnorderedItems.Select(static one => one.Element)
                .OrderByDescending(static settings => (settings.TimeMs, settings.Chat.Value)),
        ];
    }

    private async ValueTask<(Guid? Version, int Pins)> ReadVersionAsync(
        UserId user, bool isDecided, CancellationToken cancellationToken)
    {
        using var read = await session.BindAsync(
            "SELECT DISTINCT version, pins FROM user_settings WHERE user_id = ?", cancellationToken);
        using var rows = await RunAsync(read.Set(0, user.Value), isDecided, cancellationToken);
        return rows.Count == 0 ? (null, 0) : (rows[0].GetGuid(0), rows[0].GetInt32(1));
    }

    private async ValueTask<ChatSettings?> ReadAsync(
        UserId user, ChatId chat, bool isDecided, CancellationToken cancellationToken)
    {
        using var read = await session.BindAsync(
            $"SELECT {Columns} FROM user_settings WHERE user_id = ? AND chat_id = ?", cancellationToken);
        using var rows = await RunAsync(
            read.Set(0, user.Value).Set(1, unchecked((long)chat.Value)), isDecided, cancellationToken);
        return rows.Count == 0 ? null : SettingsOf(rows[0]);
    }

    private async ValueTask<bool> TryWriteAsync(
        UserId user, ChatSettings settings, int pins, Guid? former, Guid version, CancellationToken cancellationToken)
    {
        using var write = await session.BindAsync(
            "UPDATE user_settings SET version = ?, pins = ?, muted_until_ms = ?, is_pinned = ?, hidden_n = ?, "
            + "time_ms = ? WHERE user_id = ? AND chat_id = ? IF version = ?",
            cancellationToken);
        write.Set(0, version).Set(1, pins).Set(2, settings.MutedUntilMs).Set(3, settings.IsPinned)
            .Set(4, settings.HiddenN).Set(5, settings.TimeMs).Set(6, user.Value)
            .Set(7, unchecked((long)settings.Chat.Value));
        _ = former is { } known ? write.Set(8, known) : write.SetNull(8);
        using var decided = await session.DecideAsync(write, cancellationToken);
        return decided.WasApplied;
    }

    private ValueTask<RowSet> RunAsync(BoundStatement read, bool isDecided, CancellationToken cancellationToken) =>
        isDecided
            ? session.ReadDecidedAsync(read, cancellationToken)
            : session.ReadAsync(read, cancellationToken);

    private static ChatSettings SettingsOf(Row row) => new(
        new ChatId(unchecked((ulong)row.GetInt64(0))), row.GetInt64(1), row.GetBoolean(2), row.GetInt64(4))
    {
        HiddenN = row.GetInt64(3),
    };
}
