using System.Text;
using LiveChat.Core.Json;
using LiveChat.Protocol;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Identities;

/// <summary>
/// Who there is: users, by the embedding application's ids, and their devices. Everything is durable before a call
/// returns, except the later times of a device. The contract tests check: a user is created by the first change
/// (but a revocation) or sign-in, and once only; what a change does not name stays, also of changes at the same time;
/// revocations only rise; only so many devices of a user are kept; a user who is not there is no row, and costs the
/// same read as one who is. All members may be called from any thread.
/// </summary>
internal interface IIdentityStore
{
    /// <summary>Most devices of a user that are kept: who connects with one more is not refused, but the device that
    /// connected the longest time ago is forgotten. A revocation is not, or a token would come back to life.</summary>
    const int DevicesMax = 64;

    /// <summary>The rows of those users who are known, in the order that was asked for.</summary>
    ValueTask<IReadOnlyList<UserRow>> ReadUsersAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken);

    /// <summary>Changes the user, who is created when unknown, and returns the row after it; null when the custom data
    /// would be too long, and then nothing has changed. A revocation alone is kept, and creates nobody.</summary>
    ValueTask<UserRow?> ChangeUserAsync(
        UserId user, UserChange change, long timeMs, CancellationToken cancellationToken);

    /// <summary>The user's devices, in the order of their names.</summary>
    ValueTask<IReadOnlyList<DeviceRow>> ReadDevicesAsync(UserId user, CancellationToken cancellationToken);

    /// <summary>Notes that the user exists and used the device. A device above the limit takes the place of one.
    /// </summary>
    ValueTask TouchDeviceAsync(UserId user, string device, long timeMs, CancellationToken cancellationToken);

    /// <summary>Tokens for the device that were issued before this time are void; a lower time has no effect.</summary>
    ValueTask RevokeDeviceAsync(UserId user, string device, long beforeMs, CancellationToken cancellationToken);

    /// <summary>What a token of the user, on the device if one is named, has to pass. One read, whoever it is.
    /// </summary>
    ValueTask<AccessRow> ReadAccessAsync(UserId user, string? device, CancellationToken cancellationToken);
}

/// <summary>A user as the store has it.</summary>
internal sealed record UserRow(UserId User)
{
    /// <summary>When the user was first heard of; 0 when only a revocation was.</summary>
    public long CreatedMs { get; init; }

    /// <summary>What the application calls the user; absent when it never said.</summary>
    public string? Name { get; init; }

    /// <summary>The application's own JSON object, as text of at most 4,096 bytes.</summary>
    public string? Custom { get; init; }

    /// <summary>A disabled user is refused everywhere.</summary>
    public bool IsDisabled { get; init; }

    /// <summary>A hidden user's presence is shown to nobody.</summary>
    public bool IsHidden { get; init; }

    /// <summary>Tokens issued before this time are void; 0 when none were revoked.</summary>
    public long RevokedBeforeMs { get; init; }

    /// <summary>Whether there is such a user: a revocation may be ahead of whom it is for.</summary>
    public bool IsKnown => CreatedMs > 0;

    /// <summary>The row after the change; null when the custom data would be too long.</summary>
    public UserRow? With(UserChange change, long timeMs)
    {
        var custom = change.Custom ?? Custom;
        if (change.CustomPatch is { } patch) custom = MergePatch.Apply(custom ?? "", patch);
        if (Encoding.UTF8.GetByteCount(custom ?? "") > Limits.CustomBytesMax) return null;
        return this with
        {
            CreatedMs = IsKnown || change.OnlyRevokes ? CreatedMs : timeMs,
            Name = change.Name is null ? Name : NullIfEmpty(change.Name),
            Custom = NullIfEmpty(custom ?? ""),
            IsDisabled = change.IsDisabled ?? IsDisabled,
            IsHidden = change.IsHidden ?? IsHidden,
            RevokedBeforeMs = Math.Max(change.RevokedBeforeMs, RevokedBeforeMs),
        };
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}

/// <summary>What is to change of a user: null leaves it, an empty text removes it, a revocation only rises.</summary>
internal sealed record UserChange
{
    public string? Name { get; init; }

    public string? Custom { get; init; }

    /// <summary>Or a merge patch of it.</summary>
    public string? CustomPatch { get; init; }

    public bool? IsDisabled { get; init; }

    public bool? IsHidden { get; init; }

    public long RevokedBeforeMs { get; init; }

    /// <summary>Whether it says nothing of the user but what is void.</summary>
    public bool OnlyRevokes => this == new UserChange { RevokedBeforeMs = RevokedBeforeMs } && RevokedBeforeMs > 0;
}

/// <summary>A device of a user.</summary>
/// <param name="Device">The application's name of it.</param>
/// <param name="LastSeenMs">When it last connected; 0 when it never did.</param>
/// <param name="RevokedBeforeMs">Tokens for it issued before this time are void; 0 when none were revoked.</param>
internal sealed record DeviceRow(string Device, long LastSeenMs, long RevokedBeforeMs);

/// <summary>What a token has to pass. A user who is not known is not disabled.</summary>
/// <param name="IsKnown">Whether there is such a user.</param>
/// <param name="IsDisabled">Whether the user is refused everywhere.</param>
/// <param name="RevokedBeforeMs">Tokens issued before this time are void, by the user's or the device's revocation.
/// </param>
internal readonly record struct AccessRow(bool IsKnown, bool IsDisabled, long RevokedBeforeMs);
