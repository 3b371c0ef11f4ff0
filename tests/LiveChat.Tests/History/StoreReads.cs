using LiveChat.Core.History;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.History;

/// <summary>Whole reads, of which no part is left out.</summary>
internal static class StoreReads
{
    public static async ValueTask<IReadOnlyList<HistoryEntry>> ReadEventsAsync(
        this IHistoryStore store,
        ChatId chat,
        long from,
        long to,
        long editsTo,
        long reactionsTo,
        CancellationToken cancellationToken)
    {
        var range = new EventRange(from, to) { EditsTo = editsTo, ReactionsTo = reactionsTo };
        return (await store.ReadEventsAsync(chat, range, cancellationToken)).Entries;
    }
}
