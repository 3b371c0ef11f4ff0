using LiveChat.Cluster.History;
using LiveChat.Cluster.Store;
using LiveChat.Core.Contents;

namespace LiveChat.Cluster.Contents;

/// <summary>Takes whole chats into the tables of <see cref="CassandraHistoryStore"/>, several at a time; of each the
/// rows first, then the head. Durable when it returns.</summary>
internal sealed class CassandraChatTaker(CassandraSession session) : IChatTaker
{
    private const int ChatsAtOnce = 32;

    public async ValueTask TakeAsync(IReadOnlyList<TakenChat> chats, CancellationToken cancellationToken) =>
        await Bounded.RunAsync(
            chats,
            ChatsAtOnce,
            chat =>
            {
                var write = new CommitWrite(session, chat.Chat, chat.Rows);
                return chat.Head is { } head
                    ? write.RunAsync(head, withRoster: true, cancellationToken)
                    : write.RunAsync(cancellationToken);
            });
}
