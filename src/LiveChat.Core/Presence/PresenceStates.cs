using LiveChat.Core.Identities;
using LiveChat.Core.Timing;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Presence;

/// <summary>
/// What may be said of users: online, or last seen, or neither for one who is hidden. Who is hidden sees nobody else
/// either. One read of each store, whoever is asked for; when one of them is away, nothing is said. Any thread.
/// </summary>
internal sealed class PresenceStates(
    IPresenceStore store, IIdentityStore users, ILastSeenStore lastSeen, PresenceCalls calls, TimeProvider time)
{
    /// <summary>The state of each of at most <see cref="PresenceLimits.UsersMax"/> users, in their order.</summary>
    public ValueTask<IReadOnlyList<PresenceState>> ReadAsync(
        IReadOnlyList<UserId> asked, CancellationToken cancellationToken) => calls.AskAsync(
        async token =>
        {
            var online = await store.ReadAsync(asked, token);
            var seen = await lastSeen.ReadLastSeenAsync(asked, token);
            var hidden = (await users.ReadUsersAsync(asked, token))
                .Where(static row => row.IsHidden)
                .Select(static row => row.User)
                .ToHashSet();
            return (IReadOnlyList<PresenceState>)
                [.. asked.Select((user, at) => StateOf(user, hidden.Contains(user), online[at], seen[at]))];
        },
        cancellationToken);

    public ValueTask<bool> IsVisibleAsync(UserId user, CancellationToken cancellationToken) => calls.AskAsync(
        async token => await users.ReadUsersAsync([user], token) is not [{ IsHidden: true }], cancellationToken);

    /// <summary>Durable, and said to all nodes, when it returns; both may be when it throws. Who gives up waiting
    /// cancels neither: what is durable is said.</summary>
    public async ValueTask SetVisibleAsync(UserId user, bool isVisible, CancellationToken cancellationToken) =>
        await calls.AskAsync(
            async _ =>
            {
                var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
                var change = new UserChange { IsHidden = !isVisible };
                await users.ChangeUserAsync(user, change, nowMs, CancellationToken.None);
                await store.AnnounceAsync(user, CancellationToken.None);
                return true;
            },
            cancellationToken);

    /// <summary>What is said of whom nothing may be said.</summary>
    public static PresenceItem Unknown(UserId user) => new(user.Value, Online: false);

    private static PresenceState StateOf(UserId user, bool isHidden, bool isOnline, long seenMs) => new(
        user,
        isHidden,
        isHidden
            ? Unknown(user)
            : new PresenceItem(
                user.Value,
                isOnline,
                isOnline ? null : Times.OrNone(seenMs)));
}

/// <summary>A user's presence.</summary>
/// <param name="User">Who.</param>
/// <param name="IsHidden">Whether the user shows it to nobody.</param>
/// <param name="Item">What is said of it.</param>
internal readonly record struct PresenceState(UserId User, bool IsHidden, PresenceItem Item);
