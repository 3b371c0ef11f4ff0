using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Links;

/// <summary>
/// What was taken back lately, by time, for every node to read: a link may be cut one way. Rows outlive the longest
/// token. The contract tests check: a row that was written is read by every node that asks for its time or an earlier
/// one. All members may be called from any thread.
/// </summary>
internal interface IRevocationTable
{
    /// <summary>Writes a row durably; the same row again changes nothing.</summary>
    /// <exception cref="NodeRegistryException">The table is away; the outcome may be unknown: repeat it.</exception>
    ValueTask WriteAsync(Revocation revocation, CancellationToken cancellationToken);

    /// <summary>The rows of that time or later, Unix milliseconds, in the order of times.</summary>
    /// <exception cref="NodeRegistryException">The table is away.</exception>
    ValueTask<IReadOnlyList<Revocation>> ReadSinceAsync(long timeMs, CancellationToken cancellationToken);
}

/// <summary>Tokens that are void from now on, or a user who is disabled.</summary>
/// <param name="TimeMs">When it was taken back, by the clock of the node that wrote it, Unix milliseconds.</param>
/// <param name="Id">Tells two rows of one time apart.</param>
/// <param name="User">Whose.</param>
/// <param name="Device">Only of this device; null for all of the user.</param>
/// <param name="BeforeMs">Tokens that were issued before it are void; <see cref="long.MaxValue"/> for a user who is
/// disabled.</param>
internal sealed record Revocation(long TimeMs, Guid Id, UserId User, string? Device, long BeforeMs)
{
    public bool IsDisabled => BeforeMs == long.MaxValue;
}
