using LiveChat.Core.Chats;
using LiveChat.Core.Contents;
using LiveChat.Embedded.History;
using RocksDbSharp;

namespace LiveChat.Embedded.Contents;

/// <summary>Takes whole chats into the tables of <see cref="RocksDbHistoryStore"/>: a batch a call, unsynced. The index
/// by time is made afterwards, once for all (<see cref="ChatsByTimeBuild"/>).</summary>
internal sealed class RocksDbChatTaker(HistoryDatabase database, RocksDbHistoryStore cells) : IChatTaker
{
    public ValueTask TakeAsync(IReadOnlyList<TakenChat> chats, CancellationToken cancellationToken)
    {
        using var batch = new WriteBatch();
        foreach (var chat in chats)
        {
            foreach (var row in chat.Rows) cells.Put(batch, chat.Chat, row);
            if (chat.Head is not { } head) continue;
            var key = new KeyWriter(new byte[sizeof(ulong)]).Number(chat.Chat.Value).Key.ToArray();
            byte[] roster = [.. key, (byte)'r'];
            batch.Put(roster, RosterBytes.Of(head.Roster), database.ChatHead);
            batch.Put(key, RowCodec.Head(head), database.ChatHead);
        }

        if (batch.Count() > 0) database.Write(batch, sync: false);
        return ValueTask.CompletedTask;
    }
}
