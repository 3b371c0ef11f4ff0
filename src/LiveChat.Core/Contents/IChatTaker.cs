using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Contents;

/// <summary>
/// Takes whole chats into a store that no server uses yet: what was taken is what history reads; taken once more it
/// changes nothing; a head is written only after every row that was handed over before it.
/// Durable when it returns, or with the store's next flush. One caller at a time.
/// </summary>
internal interface IChatTaker
{
    /// <exception cref="HistoryUnavailableException">Repeat it.</exception>
    ValueTask TakeAsync(IReadOnlyList<TakenChat> chats, CancellationToken cancellationToken);
}

/// <summary>A chat, or a part of one.</summary>
/// <param name="Chat">Its id.</param>
/// <param name="Rows">Rows, in the order of the events within each table.</param>
/// <param name="Head">The head, once all rows were handed over; null before.</param>
internal sealed record TakenChat(ChatId Chat, IReadOnlyList<HistoryRow> Rows, ChatState? Head);
