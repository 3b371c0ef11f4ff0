using LiveChat.Core.Chats;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History;

/// <summary>
/// The deletions of chats. History begins one with the event that deletes the chat (<see cref="DeletionRow"/>), so a
/// replay of the log begins it anew. Durable before a call returns. The contract tests check: a deletion is open from
/// its event until it is saved as finished; behind a purge the event of the deletion, its key, the head and the last
/// stays are left of the chat, and nothing else; the pair of a direct chat is free; a repetition changes nothing, and
/// other chats keep what they have. All members may be called from any thread.
/// </summary>
internal interface IDeletionStore
{
    /// <summary>The deletion of the chat; null when history has none.</summary>
    ValueTask<ChatDeletion?> ReadAsync(ChatId chat, CancellationToken cancellationToken);

    /// <summary>Some deletions that are not finished, at most so many.</summary>
    ValueTask<IReadOnlyList<ChatDeletion>> ReadOpenAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Users behind <paramref name="after"/>, in the order of their ids, who are or were members as far as the
    /// store knows; every member of a chat that was not purged.</summary>
    ValueTask<IReadOnlyList<UserId>> ReadUsersAsync(
        ChatId chat, UserId after, int limit, CancellationToken cancellationToken);

    /// <summary>Removes what a deleted chat had: events, edits, reactions, keys, marks, the stays and rows of those who
    /// had left before, what its creation claimed. May be repeated after a part of it.</summary>
    /// <param name="head">The head, which is that of a deleted chat.</param>
    /// <param name="cancellationToken">Ends it; the rest is done by a repetition.</param>
    ValueTask PurgeAsync(ChatState head, CancellationToken cancellationToken);

    /// <summary>Keeps that a deletion is finished.</summary>
    ValueTask FinishAsync(ChatDeletion deletion, CancellationToken cancellationToken);
}

/// <summary>The deletion of a chat.</summary>
/// <param name="Chat">The chat, whose id no other chat gets.</param>
/// <param name="DeletedMs">The time of the event that deleted it, Unix milliseconds.</param>
internal sealed record ChatDeletion(ChatId Chat, long DeletedMs)
{
    /// <summary>When nothing was left of the chat; 0 before.</summary>
    public long FinishedMs { get; init; }
}
