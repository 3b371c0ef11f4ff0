using LiveChat.Core.Identities;
using LiveChat.Embedded.History;
using LiveChat.Protocol.Ids;
using RocksDbSharp;

namespace LiveChat.Embedded.Identities;

/// <summary>
/// Users and devices on RocksDB, in the database of history.
/// <code>
/// users    user 0               → created, revoked before, flags, name, custom
/// devices  user 0 device 0      → last time                    user 0 device 0 'r' → revoked before
/// </code>
/// A device's time is a cell of its own, so that it is written without a read or a lock; everything else is read,
/// changed and written under the lock, which is held over a sync: those calls run on the pool. Any thread.
/// </summary>
internal sealed class RocksDbIdentityStore(HistoryDatabase database) : IIdentityStore
{
    private const int KeyBytesMax = 160;
    private const byte RevokedCell = (byte)'r';

    private readonly Lock _changes = new();

    public ValueTask<IReadOnlyList<UserRow>> ReadUsersAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<UserRow>>([.. users.Select(Read).Where(static row => row.IsKnown)]);

    public async ValueTask<UserRow?> ChangeUserAsync(
        UserId user, UserChange change, long timeMs, CancellationToken cancellationToken) =>
        await Task.Run(
            () =>
            {
                lock (_changes)
                {
                    var row = Read(user).With(change, timeMs);
                    if (row is not null)
                        database.Put(UserKey(user), IdentityCodec.User(row), database.Users, sync: true);
                    return row;
                }
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<DeviceRow>> ReadDevicesAsync(UserId user, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<DeviceRow>>(ReadDevices(user));

    public async ValueTask TouchDeviceAsync(
        UserId user, string device, long timeMs, CancellationToken cancellationToken)
    {
        var key = DeviceKey(user, device);
        if (database.Get(key, database.Devices) is not null && Read(user).IsKnown)
        {
            database.Put(key, RowCodec.Numbers(timeMs), database.Devices, sync: false);
            return;
        }

        await Task.Run(() => Add(user, device, key, timeMs), cancellationToken);
    }

    public async ValueTask RevokeDeviceAsync(
        UserId user, string device, long beforeMs, CancellationToken cancellationToken) =>
        await Task.Run(
            () =>
            {
                byte[] key = [.. DeviceKey(user, device), RevokedCell];
                lock (_changes)
                    if (NumberAt(key) < beforeMs)
                        database.Put(key, RowCodec.Numbers(beforeMs), database.Devices, sync: true);
            },
            cancellationToken);

    public ValueTask<AccessRow> ReadAccessAsync(UserId user, string? device, CancellationToken cancellationToken)
    {
        var row = Read(user);
        var ofDevice = device is null ? 0 : NumberAt([.. DeviceKey(user, device), RevokedCell]);
        return ValueTask.FromResult(new AccessRow(
            row.IsKnown, row.IsDisabled, Math.Max(row.RevokedBeforeMs, ofDevice)));
    }

    private void Add(UserId user, string device, byte[] deviceKey, long timeMs)
    {
        lock (_changes)
        {
            using var batch = new WriteBatch();
            if (Read(user) is { IsKnown: false } row)
                batch.Put(UserKey(user), IdentityCodec.User(row with { CreatedMs = timeMs }), database.Users);
            batch.Put(deviceKey, RowCodec.Numbers(timeMs), database.Devices);
            foreach (var old in ReadDevices(user)
                .Where(old => old.LastSeenMs > 0 && old.Device != device)
                .OrderByDescending(static old => old.LastSeenMs)
                .Skip(IIdentityStore.DevicesMax - 1))
                batch.Delete(DeviceKey(user, old.Device), database.Devices);
            database.Write(batch, sync: true);
        }
    }

    /// <summary>The user's devices, by name.</summary>
    public List<DeviceRow> ReadDevices(UserId user)
    {
        var from = UserKey(user);
        byte[] to = [.. from, byte.MaxValue];
        var devices = new SortedDictionary<string, DeviceRow>(StringComparer.Ordinal);
        var cells = database.Unreadable.ReadAll("devices", database.Scan(database.Devices, from, to), DeviceCellOf);
        foreach (var (name, isRevocation, number) in cells)
        {
            var row = devices.GetValueOrDefault(name) ?? new DeviceRow(name, 0, 0);
            devices[name] = isRevocation
                ? row with { RevokedBeforeMs = number }
                : row with { LastSeenMs = number };
        }

        return [.. devices.Values];
    }

    private static (string Device, bool IsRevocation, long Number) DeviceCellOf(byte[] key, byte[] value)
    {
        var parts = new KeyReader(key);
        parts.Text();
        return (parts.Text(), !parts.IsEnd, RowCodec.Number(value, 0));
    }

    private UserRow Read(UserId user) => database.Get(UserKey(user), database.Users) is { } value
        ? IdentityCodec.ReadUser(user, value)
        : new UserRow(user);

    private long NumberAt(byte[] key) =>
        database.Get(key, database.Devices) is { } value ? RowCodec.Number(value, 0) : 0;

    private static byte[] UserKey(UserId user)
    {
        Span<byte> buffer = stackalloc byte[KeyBytesMax];
        return new KeyWriter(buffer).Text(user.Value).Key.ToArray();
    }

    private static byte[] DeviceKey(UserId user, string device)
    {
        Span<byte> buffer = stackalloc byte[KeyBytesMax];
        return new KeyWriter(buffer).Text(user.Value).Text(device).Key.ToArray();
    }
}
