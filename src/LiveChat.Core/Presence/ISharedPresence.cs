using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Presence;

/// <summary>
/// A table of all nodes that says who is online, as one node sees it: in a cluster it is Redis. An entry per user and
/// node, which expires by itself and tells nobody when it does. A user is online while one entry is left. All of it may
/// be lost at any time, wholly or in part. The contract tests of <see cref="IPresenceStore"/> check it through
/// <see cref="SharedPresenceStore"/>. Any thread; a call throws when the table does not answer or refuses.
/// </summary>
internal interface ISharedPresence
{
    /// <summary>Prolongs this node's entries of the users; an earlier end does not shorten one. Who comes is told to
    /// those who follow.</summary>
    ValueTask RefreshAsync(IReadOnlyList<PresenceBeat> beats, CancellationToken cancellationToken);

    /// <summary>Takes this node's entries of the users away. Who has none left is told to those who follow.</summary>
    ValueTask DropAsync(IReadOnlyList<UserId> users, CancellationToken cancellationToken);

    /// <summary>For how long each of at most <see cref="PresenceLimits.UsersMax"/> users is online by what the table
    /// knows now; zero or less for one who is offline. Throws when the table has not what this node's last probe wrote,
    /// in the same step: it has lost something since.</summary>
    ValueTask<IReadOnlyList<TimeSpan>> ReadAsync(IReadOnlyList<UserId> users, CancellationToken cancellationToken);

    /// <summary>Tells those who follow the user that something else about the user changed.</summary>
    ValueTask AnnounceAsync(UserId user, CancellationToken cancellationToken);

    /// <summary>Begins to follow users, and ends it. News is told from any thread to <paramref name="told"/>, which is
    /// short and does not throw; some may get lost. All calls name the same.</summary>
    ValueTask FollowAsync(
        IReadOnlyList<UserId> begun,
        IReadOnlyList<UserId> ended,
        Action<PresenceNews> told,
        CancellationToken cancellationToken);

    /// <summary>Writes something of this node's own into each part of the table. How often, in all calls so far, a part
    /// did not have what a former call wrote: it has lost something then. A loss whose answer was lost or given up is
    /// in what the next call says. One caller at a time.</summary>
    ValueTask<long> ProbeAsync(CancellationToken cancellationToken);
}

/// <summary>What a node hears of a user whom it follows.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="User">To whom; the default where it may concern everybody.</param>
internal readonly record struct PresenceNews(PresenceNewsKind Kind, UserId User);

/// <summary>What happened.</summary>
internal enum PresenceNewsKind
{
    /// <summary>Something else about the user changed.</summary>
    Changed = 0,

    /// <summary>The user is online.</summary>
    Came = 1,

    /// <summary>The user is offline.</summary>
    Went = 2,

    /// <summary>News may have been lost, of anybody who is followed.</summary>
    Missed = 3,
}
