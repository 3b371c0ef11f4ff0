using System.Buffers.Binary;
using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Embedded.History;
using LiveChat.Protocol.Ids;
using RocksDbSharp;

namespace LiveChat.Embedded.Identities;

/// <summary>
/// What users have set for their chats, on RocksDB, in the database of history.
/// <code>
/// user_settings  user 0 chat → muted until, pinned, time, hidden up to this number of messages and one more
/// chats_by_time  user 0 's' … (an index by time, see ChatsByTime)
/// </code>
/// A row may end behind the time: so it was before chats could be hidden.
/// Read, changed and written under the lock, which is held over a sync: a change runs on the pool. Any thread.
/// </summary>
internal sealed class RocksDbUserSettingsStore(HistoryDatabase database) : IUserSettingsStore
{
    private const int KeyBytesMax = 80;
    private const int NumbersBefore = 3;

    private readonly Lock _changes = new();

    public async ValueTask<ChatSettings> ChangeSettingsAsync(
        UserId user, ChatId chat, ChatSettingsChange change, long timeMs, CancellationToken cancellationToken) =>
        await Task.Run(
            () =>
            {
                lock (_changes)
                {
                    var former = Read(user, chat);
                    var settings = (former ?? new ChatSettings(chat, 0, false, 0)).With(change, timeMs);
                    using var batch = new WriteBatch();
                    batch.Put(
                        Key(user, chat.Value),
                        RowCodec.Numbers(
                            settings.MutedUntilMs, settings.IsPinned ? 1 : 0, settings.TimeMs, settings.HiddenN + 1),
                        database.UserSettings);
                    ChatsByTime.Move(
                        batch, database, user, ChatsByTime.Settings, chat, former?.TimeMs, settings.TimeMs);
                    database.Write(batch, sync: true);
                    return settings;
                }
            },
            cancellationToken);

    public ValueTask<ChatSettings?> ReadSettingsAsync(
        UserId user, ChatId chat, CancellationToken cancellationToken) => ValueTask.FromResult(Read(user, chat));

    public ValueTask<IReadOnlyList<ChatSettings>> ReadAllSettingsAsync(
        UserId user, ChatId after, int limit, CancellationToken cancellationToken)
    {
        var rows = database.Scan(
            database.UserSettings, Key(user, after.Value + 1), Key(user, ulong.MaxValue), limit);
        return ValueTask.FromResult<IReadOnlyList<ChatSettings>>([.. rows.Select(row => Settings(
            new ChatId(BinaryPrimitives.ReadUInt64BigEndian(row.Key.AsSpan(row.Key.Length - 8))), row))]);
    }

    public ValueTask<IReadOnlyList<ChatSettings>> ReadSettingsSinceAsync(
        UserId user, long timeMs, int limit, CancellationToken cancellationToken)
    {
        var keys = database.Scan(
            database.ChatsByTime,
            ChatsByTime.Behind(user, ChatsByTime.Settings, ChatPlace.Start),
            ChatsByTime.Behind(user, ChatsByTime.Settings, new ChatPlace(timeMs, 0)),
            limit);
        return ValueTask.FromResult<IReadOnlyList<ChatSettings>>([.. keys
            .Select(key => Read(user, new ChatId(ChatsByTime.PlaceOf(key.Key).Chat)))
            .OfType<ChatSettings>()]);
    }

    private ChatSettings? Read(UserId user, ChatId chat) =>
        Key(user, chat.Value) is var key && database.Get(key, database.UserSettings) is { } value
            ? Settings(chat, (key, value))
            : null;

    /// <summary>Settings that cannot be read are those that were never set.</summary>
    private ChatSettings Settings(ChatId chat, (byte[] Key, byte[] Value) row) =>
        database.Unreadable.TryRead("user_settings", row, (_, value) => SettingsOf(chat, value), out var settings)
            ? settings!
            : new ChatSettings(chat, 0, false, 0);

    private static ChatSettings SettingsOf(ChatId chat, byte[] value) =>
        new(chat, RowCodec.Number(value, 0), RowCodec.Number(value, 1) != 0, RowCodec.Number(value, 2))
        {
            HiddenN = value.Length > NumbersBefore * 8 ? RowCodec.Number(value, NumbersBefore) - 1 : ChatSettings.Shown,
        };

    private static byte[] Key(UserId user, ulong chat)
    {
        Span<byte> buffer = stackalloc byte[KeyBytesMax];
        return new KeyWriter(buffer).Text(user.Value).Number(chat).Key.ToArray();
    }
}
