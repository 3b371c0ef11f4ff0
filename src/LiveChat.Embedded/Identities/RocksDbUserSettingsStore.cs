using System.Buffers.Binary;
using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Embedded.History;
using LiveChat.Protocol;
using LiveChat.Protocol.Ids;
using RocksDbSharp;

namespace LiveChat.Embedded.Identities;

/// <summary>
/// What users have set for their chats, on RocksDB, in the database of history.
/// <code>
/// user_settings  user 0 chat → muted until, pinned, time, hidden up to this number of messages and one more
///                user 0      → how many chats are pinned
/// chats_by_time  user 0 's' … (an index by time, see ChatsByTime)
/// </code>
/// A row may end behind the time: so it was before chats could be hidden. The number of pins is written with the first
/// change of any kind; where a former version left rows without it, they are counted then, once.
/// Read, changed and written under the lock, which is held over a sync: a change runs on the pool. Any thread.
/// </summary>
internal sealed class RocksDbUserSettingsStore(HistoryDatabase database) : IUserSettingsStore
{
    private const int KeyBytesMax = 80;
    private const int NumbersBefore = 3;

    private readonly Lock _changes = new();

    public async ValueTask<ChatSettings?> ChangeSettingsAsync(
        UserId user, ChatId chat, ChatSettingsChange change, long timeMs, CancellationToken cancellationToken) =>
        await Task.Run(() => Change(user, chat, change, timeMs), cancellationToken);

    public ValueTask<ChatSettings?> ReadSettingsAsync(
        UserId user, ChatId chat, CancellationToken cancellationToken) => ValueTask.FromResult(Read(user, chat));

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

    private ChatSettings? Change(UserId user, ChatId chat, ChatSettingsChange change, long timeMs)
    {
        lock (_changes)
        {
            var former = Read(user, chat);
            var settings = (former ?? new ChatSettings(chat, 0, false, 0)).With(change, timeMs);
            var (pinned, before) = (PinsOf(user), former is { IsPinned: true } ? 1 : 0);
            var pins = pinned - before + (settings.IsPinned ? 1 : 0);
            if (pins > pinned && pins > Limits.PinsMax) return null;
            using var batch = new WriteBatch();
            batch.Put(PinsKey(user), RowCodec.Numbers(pins), database.UserSettings);
            batch.Put(
                Key(user, chat.Value),
                RowCodec.Numbers(
                    settings.MutedUntilMs, settings.IsPinned ? 1 : 0, settings.TimeMs, settings.HiddenN + 1),
                database.UserSettings);
            ChatsByTime.Move(batch, database, user, ChatsByTime.Settings, chat, former?.TimeMs, settings.TimeMs);
            database.Write(batch, sync: true);
            return settings;
        }
    }

    private long PinsOf(UserId user)
    {
        if (database.Get(PinsKey(user), database.UserSettings) is { } stored) return RowCodec.Number(stored, 0);
        return database.Scan(database.UserSettings, Key(user, 0), Key(user, ulong.MaxValue))
            .Count(row => Settings(ChatOf(row.Key), row).IsPinned);
    }

    /// <summary>The settings of one chat; null when the user never set any.</summary>
    public ChatSettings? Read(UserId user, ChatId chat) =>
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

    private static ChatId ChatOf(byte[] key) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(key.AsSpan(key.Length - 8)));

    private static byte[] PinsKey(UserId user) =>
        new KeyWriter(stackalloc byte[KeyBytesMax]).Text(user.Value).Key.ToArray();

    private static byte[] Key(UserId user, ulong chat)
    {
        Span<byte> buffer = stackalloc byte[KeyBytesMax];
        return new KeyWriter(buffer).Text(user.Value).Number(chat).Key.ToArray();
    }
}
