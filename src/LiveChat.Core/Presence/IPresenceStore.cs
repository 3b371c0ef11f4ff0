using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Presence;

/// <summary>
/// Who is online, over all nodes: an entry per user that expires, which nodes keep alive for the users of their
/// sessions. Losing it all costs one heartbeat. The contract tests check: a user is online from a beat on until its
/// time is over, and never longer; a later beat prolongs and an earlier one does not shorten; a user whom this node
/// drops is offline at once, unless another node keeps the user online; every change of a watched user, and every
/// announcement, is told. All members may be called from any thread. A call that throws, or takes longer than
/// <see cref="PresenceCalls"/> waits, loses presence and nothing else; it ends when its token is cancelled.
/// </summary>
internal interface IPresenceStore
{
    /// <summary>The users are online for as long as each beat says. False when the store has lost something that it was
    /// told before: then the caller says again who is online. One caller at a time.</summary>
    ValueTask<bool> RefreshAsync(IReadOnlyList<PresenceBeat> beats, CancellationToken cancellationToken);

    /// <summary>This node keeps the users online no more. Told also of those who were offline before.</summary>
    ValueTask DropAsync(IReadOnlyList<UserId> users, CancellationToken cancellationToken);

    /// <summary>Whether each of at most <see cref="PresenceLimits.UsersMax"/> users is online, in one round trip.
    /// </summary>
    ValueTask<IReadOnlyList<bool>> ReadAsync(IReadOnlyList<UserId> users, CancellationToken cancellationToken);

    /// <summary>Tells all nodes that something else about the user's presence changed.</summary>
    ValueTask AnnounceAsync(UserId user, CancellationToken cancellationToken);

    /// <summary>Who is told of changes, from any thread: must be short and must not throw. One listener a node.
    /// </summary>
    void Listen(Action<UserId> changed);

    /// <summary>The listener is told of these users from soon after the call on, and of each once when that begins; or
    /// need not be told of them any more. A store that tells of everybody ignores it. Never waits; one caller.
    /// </summary>
    void Watch(IReadOnlyList<UserId> begun, IReadOnlyList<UserId> ended);
}

/// <summary>A sign of life.</summary>
/// <param name="User">Whose.</param>
/// <param name="Left">For how long the user is online by it: the lifetime less the age of the sign.</param>
internal readonly record struct PresenceBeat(UserId User, TimeSpan Left);
