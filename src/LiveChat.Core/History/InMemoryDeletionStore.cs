using LiveChat.Core.Chats;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History;

/// <summary>Deletions of chats in memory, over the twin of history, which keeps them: for tests and the simulator. Any
/// thread.</summary>
internal sealed class InMemoryDeletionStore(InMemoryHistoryStore history) : IDeletionStore
{
    public ValueTask<ChatDeletion?> ReadAsync(ChatId chat, CancellationToken cancellationToken) =>
        ValueTask.FromResult(history.WithDeletions(all => all.GetValueOrDefault(chat)));

    public ValueTask<IReadOnlyList<ChatDeletion>> ReadOpenAsync(int limit, CancellationToken cancellationToken) =>
        ValueTask.FromResult(history.WithDeletions<IReadOnlyList<ChatDeletion>>(all =>
        [
            .. all.Values.Where(static one => one.FinishedMs == 0).OrderBy(static one => one.Chat.Value).Take(limit),
        ]));

    public ValueTask<IReadOnlyList<UserId>> ReadUsersAsync(
        ChatId chat, UserId after, int limit, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<UserId>>(
            [.. history.UsersOf(chat).Where(user => string.CompareOrdinal(user.Value, after.Value) > 0)
                .OrderBy(static user => user.Value, StringComparer.Ordinal).Take(limit)]);

    public ValueTask PurgeAsync(ChatState head, CancellationToken cancellationToken)
    {
        history.Purge(head);
        return ValueTask.CompletedTask;
    }

    public ValueTask FinishAsync(ChatDeletion deletion, CancellationToken cancellationToken)
    {
        history.WithDeletions(all => all[deletion.Chat] = deletion);
        return ValueTask.CompletedTask;
    }
}
