using LiveChat.Cluster.Store;
using LiveChat.Core.Identities;
using LiveChat.Cql;
using LiveChat.Protocol.Ids;

namespace LiveChat.Cluster.Identities;

/// <summary>
/// Users and devices on Cassandra.
/// <code>
/// users   ((user_id))          created_ms, name, custom, is_disabled, is_hidden, revoked_before_ms, version
///                              by conditions only: a change is a new version of the whole row; an empty text is none
/// devices ((user_id), device)  last_seen_ms        stamp = the value
///                              revoked_before_ms   stamp = the value
/// </code>
/// A device is forgotten by a deletion that has the stamp of its last time, so a later time shows again. A user who is
/// known and a device that is there cost a sign-in two reads and one write. Any thread.
/// </summary>
internal sealed class CassandraIdentityStore(CassandraSession session, Decisions decisions) : IIdentityStore
{
    private const int AtOnce = 32;

    public async ValueTask<IReadOnlyList<UserRow>> ReadUsersAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        var rows = new UserRow[users.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, rows.Length),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (at, token) => (rows[at], _) = await ReadUserAsync(users[at], isDecided: false, token));
        return [.. rows.Where(static row => row.IsKnown)];
    }

    public async ValueTask<UserRow?> ChangeUserAsync(
        UserId user, UserChange change, long timeMs, CancellationToken cancellationToken)
    {
        Guid? tried = null;
        return await decisions.DecideAsync(
            user.Value,
            async (number, token) =>
            {
                var (former, version) = await ReadUserAsync(user, isDecided: number > 0, token);
                if (version == tried && tried is not null) return Decided<UserRow?>.As(former);
                if (former.With(change, timeMs) is not { } row) return Decided<UserRow?>.As(null);
                if (row == former && version is not null) return Decided<UserRow?>.As(row);
                tried = Decisions.NewVersion();
                return await TryWriteAsync(row, version, tried.Value, token)
                    ? Decided<UserRow?>.As(row)
                    : Decided<UserRow?>.Again;
            },
            cancellationToken);
    }

    public async ValueTask<IReadOnlyList<DeviceRow>> ReadDevicesAsync(UserId user, CancellationToken cancellationToken)
    {
        using var read = await session.BindAsync(
            "SELECT device, last_seen_ms, revoked_before_ms FROM devices WHERE user_id = ?", cancellationToken);
        var devices = new List<DeviceRow>();
        await foreach (var row in session.ReadAllAsync(read.Set(0, user.Value), cancellationToken))
            devices.Add(new DeviceRow(row.GetString(0), NumberOf(row, 1), NumberOf(row, 2)));
        devices.Sort(static (one, other) => string.CompareOrdinal(one.Device, other.Device));
        return devices;
    }

    public async ValueTask TouchDeviceAsync(
        UserId user, string device, long timeMs, CancellationToken cancellationToken)
    {
        var reading = ReadDeviceAsync(user, device, cancellationToken);
        var (row, _) = await ReadUserAsync(user, isDecided: false, cancellationToken);
        var former = await reading;
        if (!row.IsKnown) await ChangeUserAsync(user, new UserChange(), timeMs, cancellationToken);
        using var write = await session.BindAsync(
            "UPDATE devices USING TIMESTAMP ? SET last_seen_ms = ? WHERE user_id = ? AND device = ?",
            cancellationToken);
        await session.WriteAsync(
            write.Set(0, timeMs).Set(1, timeMs).Set(2, user.Value).Set(3, device), cancellationToken);
        if (former.LastSeenMs == 0) await ForgetAsync(user, device, cancellationToken);
    }

    public async ValueTask RevokeDeviceAsync(
        UserId user, string device, long beforeMs, CancellationToken cancellationToken)
    {
        using var write = await session.BindAsync(
            "UPDATE devices USING TIMESTAMP ? SET revoked_before_ms = ? WHERE user_id = ? AND device = ?",
            cancellationToken);
        await session.WriteAsync(
            write.Set(0, beforeMs).Set(1, beforeMs).Set(2, user.Value).Set(3, device), cancellationToken);
    }

    public async ValueTask<AccessRow> ReadAccessAsync(UserId user, string? device, CancellationToken cancellationToken)
    {
        var reading = device is null
            ? Task.FromResult(new DeviceRow("", 0, 0))
            : ReadDeviceAsync(user, device, cancellationToken);
        var (row, _) = await ReadUserAsync(user, isDecided: false, cancellationToken);
        var ofDevice = await reading;
        return new AccessRow(
            row.IsKnown, row.IsDisabled, Math.Max(row.RevokedBeforeMs, ofDevice.RevokedBeforeMs));
    }

    /// <summary>Of more devices than are kept those go that connected the longest time ago.</summary>
    private async ValueTask ForgetAsync(UserId user, string device, CancellationToken cancellationToken)
    {
        foreach (var old in (await ReadDevicesAsync(user, cancellationToken))
            .Where(old => old.LastSeenMs > 0 && old.Device != device)
            .OrderByDescending(static old => old.LastSeenMs)
            .Skip(IIdentityStore.DevicesMax - 1))
        {
            using var delete = await session.BindAsync(
                "DELETE last_seen_ms FROM devices USING TIMESTAMP ? WHERE user_id = ? AND device = ?",
                cancellationToken);
            await session.WriteAsync(
                delete.Set(0, old.LastSeenMs).Set(1, user.Value).Set(2, old.Device), cancellationToken);
        }
    }

    private async ValueTask<(UserRow Row, Guid? Version)> ReadUserAsync(
        UserId user, bool isDecided, CancellationToken cancellationToken)
    {
        using var read = await session.BindAsync(
            "SELECT version, created_ms, name, custom, is_disabled, is_hidden, revoked_before_ms FROM users "
            + "WHERE user_id = ?",
            cancellationToken);
        read.Set(0, user.Value);
        using var rows = isDecided
            ? await session.ReadDecidedAsync(read, cancellationToken)
            : await session.ReadAsync(read, cancellationToken);
        if (rows.Count == 0) return (new UserRow(user), null);
        var row = rows[0];
        var known = new UserRow(user)
        {
            CreatedMs = row.GetInt64(1),
            Name = TextOf(row, 2),
            Custom = TextOf(row, 3),
            IsDisabled = row.GetBoolean(4),
            IsHidden = row.GetBoolean(5),
            RevokedBeforeMs = row.GetInt64(6),
        };
        return (known, row.GetGuid(0));
    }

    private async ValueTask<bool> TryWriteAsync(
        UserRow row, Guid? former, Guid version, CancellationToken cancellationToken)
    {
        using var write = await session.BindAsync(
            "UPDATE users SET version = ?, created_ms = ?, name = ?, custom = ?, is_disabled = ?, is_hidden = ?, "
            + "revoked_before_ms = ? WHERE user_id = ? IF version = ?",
            cancellationToken);
        write.Set(0, version).Set(1, row.CreatedMs).Set(2, row.Name ?? "").Set(3, row.Custom ?? "")
            .Set(4, row.IsDisabled).Set(5, row.IsHidden).Set(6, row.RevokedBeforeMs).Set(7, row.User.Value);
        _ = former is { } known ? write.Set(8, known) : write.SetNull(8);
        using var decided = await session.DecideAsync(write, cancellationToken);
        return decided.WasApplied;
    }

    private async Task<DeviceRow> ReadDeviceAsync(UserId user, string device, CancellationToken cancellationToken)
    {
        using var read = await session.BindAsync(
            "SELECT last_seen_ms, revoked_before_ms FROM devices WHERE user_id = ? AND device = ?", cancellationToken);
        using var rows = await session.ReadAsync(read.Set(0, user.Value).Set(1, device), cancellationToken);
        return rows.Count == 0
            ? new DeviceRow(device, 0, 0)
            : new DeviceRow(device, NumberOf(rows[0], 0), NumberOf(rows[0], 1));
    }

    private static string? TextOf(Row row, int ordinal) => row.GetString(ordinal) is { Length: > 0 } text ? text : null;

    private static long NumberOf(Row row, int ordinal) => row.IsNull(ordinal) ? 0 : row.GetInt64(ordinal);
}
