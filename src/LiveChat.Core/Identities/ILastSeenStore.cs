using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Identities;

/// <summary>
/// When users were last seen, for when they are not online. The contract tests check: what was raised is there, also
/// after a restart; a lower time has no effect; a user of whom nothing is known has 0. One caller raises at a time, any
/// thread reads.
/// </summary>
internal interface ILastSeenStore
{
    /// <summary>Durable when it returns. Times are Unix milliseconds.</summary>
    ValueTask RaiseLastSeenAsync(IReadOnlyList<LastSeen> seen, CancellationToken cancellationToken);

    /// <summary>The times, in the order that was asked for; 0 for unknown users.</summary>
    ValueTask<IReadOnlyList<long>> ReadLastSeenAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken);
}

/// <summary>When a user was seen.</summary>
internal readonly record struct LastSeen(UserId User, long TimeMs);
