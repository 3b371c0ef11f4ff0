using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// Who is who, on the disk of history, written through: durable before a call returns. When users were last seen is
/// late or fails for a moment, as any store may.
/// </summary>
internal sealed class SimulatedIdentities(
    SimulatedDisk<HistoryImage> disk, Faults faults, Plant plant, TimeProvider time) : IIdentityStore, ILastSeenStore
{
    public async ValueTask<IReadOnlyList<UserRow>> ReadUsersAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        var rows = await disk.Image.Identities.ReadUsersAsync(users, cancellationToken);
        return plant == Plant.HiddenIsShown ? [.. rows.Select(static row => row with { IsHidden = false })] : rows;
    }

    public ValueTask<UserRow?> ChangeUserAsync(
        UserId user, UserChange change, long timeMs, CancellationToken cancellationToken)
    {
        Write(
            plant == Plant.HidingNotDurable,
            image => image.Identities.ChangeUserAsync(user, change, timeMs, CancellationToken.None).AsTask());
        return disk.Image.Identities.ChangeUserAsync(user, new UserChange(), timeMs, cancellationToken);
    }

    public ValueTask<IReadOnlyList<DeviceRow>> ReadDevicesAsync(UserId user, CancellationToken cancellationToken) =>
        disk.Image.Identities.ReadDevicesAsync(user, cancellationToken);

    public ValueTask TouchDeviceAsync(
        UserId user, string device, long timeMs, CancellationToken cancellationToken) =>
        disk.Image.Identities.TouchDeviceAsync(user, device, timeMs, cancellationToken);

    public ValueTask RevokeDeviceAsync(
        UserId user, string device, long beforeMs, CancellationToken cancellationToken)
    {
        Write(
            isForgotten: false,
            image => image.Identities.RevokeDeviceAsync(user, device, beforeMs, CancellationToken.None).AsTask());
        return ValueTask.CompletedTask;
    }

    public ValueTask<AccessRow> ReadAccessAsync(
        UserId user, string? device, CancellationToken cancellationToken) =>
        disk.Image.Identities.ReadAccessAsync(user, device, cancellationToken);

    public async ValueTask RaiseLastSeenAsync(IReadOnlyList<LastSeen> seen, CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        LastSeen[] raised = plant == Plant.LastSeenFromClock
            ? [.. seen.Select(one => one with { TimeMs = time.GetUtcNow().ToUnixTimeMilliseconds() })]
            : [.. seen];
        Write(
            plant == Plant.LastSeenNotDurable,
            image => image.Seen.RaiseLastSeenAsync(raised, CancellationToken.None).AsTask());
        if (faults.Strike(oneIn: 40))
            throw new HistoryUnavailableException("The answer was lost.");
    }

    public async ValueTask<IReadOnlyList<long>> ReadLastSeenAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        var seen = await disk.Image.Seen.ReadLastSeenAsync(users, cancellationToken);
        return plant == Plant.LastSeenGoesBack && faults.Upto(3) == 0
            ? [.. seen.Select(static timeMs => Math.Max(0, timeMs - 1_000))]
            : seen;
    }

    private void Write(bool isForgotten, Action<HistoryImage> write)
    {
        if (isForgotten)
            write(disk.Image);
        else
            disk.WriteThrough(write);
    }
}
