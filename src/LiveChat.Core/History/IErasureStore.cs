using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History;

/// <summary>
/// The erasures of users, and what they remove that no event removes. Durable before a call returns. The contract
/// tests check: of two beginnings of one erasure the first stays; an erasure is open from its beginning until it is
/// saved as finished; what is forgotten is in no read, a repetition changes nothing, and others keep what they have.
/// All members may be called from any thread.
/// </summary>
internal interface IErasureStore
{
    /// <summary>Begins the erasure of the user; returns the one that was begun before, if there is one.</summary>
    ValueTask<Erasure> BeginAsync(UserId user, long timeMs, CancellationToken cancellationToken);

    /// <summary>The erasures of those of the users for whom one was begun, in the order that was asked for. What was
    /// begun before the call is in the answer, whichever node began it.</summary>
    ValueTask<IReadOnlyList<Erasure>> ReadAsync(IReadOnlyList<UserId> users, CancellationToken cancellationToken);

    /// <summary>Some erasures that are not finished, at most so many.</summary>
    ValueTask<IReadOnlyList<Erasure>> ReadOpenAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Keeps how far an erasure is. One that is finished is open no more.</summary>
    ValueTask SaveAsync(Erasure erasure, CancellationToken cancellationToken);

    /// <summary>Removes the user's row, stays and marks of a chat that history knows the user to have left.</summary>
    ValueTask ForgetChatAsync(UserId user, ChatId chat, CancellationToken cancellationToken);

    /// <summary>Removes the user's devices, settings, time of last sight and what is left of lists of chats. The row
    /// that refuses the user stays.</summary>
    ValueTask ForgetUserAsync(UserId user, CancellationToken cancellationToken);
}

/// <summary>The erasure of a user. The counts are what was erased by it, except what a crash kept from being counted.
/// </summary>
/// <param name="User">The user, whose id nobody gets any more.</param>
/// <param name="StartedMs">When it was begun, Unix milliseconds.</param>
internal sealed record Erasure(UserId User, long StartedMs)
{
    /// <summary>When it was finished; 0 while it is open.</summary>
    public long FinishedMs { get; init; }

    /// <summary>When a node last worked at it.</summary>
    public long TouchedMs { get; init; }

    public long Chats { get; init; }

    public long Messages { get; init; }

    public long Reactions { get; init; }
}
