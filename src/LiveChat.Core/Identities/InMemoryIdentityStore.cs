using LiveChat.Protocol;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Identities;

/// <summary>
/// Identities in memory: the twin of every other store, for tests and the simulator. All three ports in one class,
/// as one store is all three elsewhere.
/// <code>
/// user → row     (user, device) → row     key id → key     (user, chat) → settings
/// </code>
/// Any thread; one lock around everything.
/// </summary>
internal sealed class InMemoryIdentityStore : IIdentityStore, IApiKeyStore, IUserSettingsStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<UserId, UserRow> _users = [];
    private readonly Dictionary<UserId, SortedDictionary<string, DeviceRow>> _devices = [];
    private readonly SortedDictionary<string, ApiKey> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<UserId, SortedDictionary<ulong, ChatSettings>> _settings = [];

    public ValueTask<IReadOnlyList<UserRow>> ReadUsersAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<UserRow>>(
                [.. users.Select(UserOf).Where(static row => row.IsKnown)]);
    }

    public ValueTask<UserRow?> ChangeUserAsync(
        UserId user, UserChange change, long timeMs, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var row = UserOf(user).With(change, timeMs);
            if (row is not null) _users[user] = row;
            return ValueTask.FromResult(row);
        }
    }

    public ValueTask<IReadOnlyList<DeviceRow>> ReadDevicesAsync(UserId user, CancellationToken cancellationToken)
    {
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<DeviceRow>>(
                _devices.TryGetValue(user, out var devices) ? [.. devices.Values] : []);
    }

    public ValueTask TouchDeviceAsync(
        UserId user, string device, long timeMs, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var row = UserOf(user);
            if (!row.IsKnown) _users[user] = row with { CreatedMs = timeMs };
            var used = DeviceOf(user, device);
            _devices[user][device] = used with { LastSeenMs = Math.Max(timeMs, used.LastSeenMs) };
            ForgetOldest(user);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask RevokeDeviceAsync(
        UserId user, string device, long beforeMs, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var row = DeviceOf(user, device);
            _devices[user][device] = row with { RevokedBeforeMs = Math.Max(beforeMs, row.RevokedBeforeMs) };
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<AccessRow> ReadAccessAsync(UserId user, string? device, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var row = _users.GetValueOrDefault(user);
            var ofDevice = device is not null && _devices.TryGetValue(user, out var devices)
                ? devices.GetValueOrDefault(device)
                : null;
            return ValueTask.FromResult(new AccessRow(
                row is { IsKnown: true },
                row?.IsDisabled ?? false,
                Math.Max(row?.RevokedBeforeMs ?? 0, ofDevice?.RevokedBeforeMs ?? 0)));
        }
    }

    public ValueTask<bool> AddKeyAsync(ApiKey key, CancellationToken cancellationToken)
    {
        lock (_lock) return ValueTask.FromResult(_keys.TryAdd(key.Id, key));
    }

    public ValueTask<ApiKey?> ReadKeyAsync(string id, CancellationToken cancellationToken)
    {
        lock (_lock) return ValueTask.FromResult(_keys.GetValueOrDefault(id));
    }

    public ValueTask<IReadOnlyList<ApiKey>> ReadKeysAsync(CancellationToken cancellationToken)
    {
        lock (_lock) return ValueTask.FromResult<IReadOnlyList<ApiKey>>([.. _keys.Values]);
    }

    public ValueTask<bool> DisableKeyAsync(string id, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!_keys.TryGetValue(id, out var key)) return ValueTask.FromResult(false);
            _keys[id] = key with { IsDisabled = true };
            return ValueTask.FromResult(true);
        }
    }

    public ValueTask TouchKeyAsync(string id, long timeMs, CancellationToken cancellationToken)
    {
        lock (_lock)
            if (_keys.TryGetValue(id, out var key))
                _keys[id] = key with { LastUsedMs = Math.Max(timeMs, key.LastUsedMs) };
        return ValueTask.CompletedTask;
    }

    public ValueTask<ChatSettings?> ChangeSettingsAsync(
        UserId user, ChatId chat, ChatSettingsChange change, long timeMs, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!_settings.TryGetValue(user, out var chats)) _settings.Add(user, chats = []);
            var former = chats.GetValueOrDefault(chat.Value) ?? new ChatSettings(chat, 0, false, 0);
            var settings = former.With(change, timeMs);
            if (settings.IsPinned && !former.IsPinned
                && chats.Values.Count(static other => other.IsPinned) >= Limits.PinsMax)
                return ValueTask.FromResult<ChatSettings?>(null);
            return ValueTask.FromResult<ChatSettings?>(chats[chat.Value] = settings);
        }
    }

    public ValueTask<ChatSettings?> ReadSettingsAsync(
        UserId user, ChatId chat, CancellationToken cancellationToken)
    {
        lock (_lock)
            return ValueTask.FromResult(
                _settings.TryGetValue(user, out var chats) ? chats.GetValueOrDefault(chat.Value) : null);
    }

    public ValueTask<IReadOnlyList<ChatSettings>> ReadSettingsSinceAsync(
        UserId user, long timeMs, int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<ChatSettings>>(
                _settings.TryGetValue(user, out var chats)
                    ? [.. chats.Values.Where(settings => settings.TimeMs >= timeMs)
                        .OrderByDescending(static settings => (settings.TimeMs, settings.Chat.Value))
                        .Take(limit)]
                    : []);
    }

    /// <summary>Removes the user's devices and settings.</summary>
    public void Forget(UserId user)
    {
        lock (_lock)
        {
            _devices.Remove(user);
            _settings.Remove(user);
        }
    }

    private void ForgetOldest(UserId user)
    {
        var kept = _devices[user].Values.Where(static device => device.LastSeenMs > 0).ToList();
        if (kept.Count <= IIdentityStore.DevicesMax) return;
        var oldest = kept.MinBy(static device => device.LastSeenMs)!;
        if (oldest.RevokedBeforeMs == 0) _devices[user].Remove(oldest.Device);
        else _devices[user][oldest.Device] = oldest with { LastSeenMs = 0 };
    }

    private UserRow UserOf(UserId user) => _users.GetValueOrDefault(user) ?? new UserRow(user);

    private DeviceRow DeviceOf(UserId user, string device)
    {
        if (!_devices.TryGetValue(user, out var devices))
            _devices.Add(user, devices = new SortedDictionary<string, DeviceRow>(StringComparer.Ordinal));
        return devices.GetValueOrDefault(device) ?? new DeviceRow(device, 0, 0);
    }
}
