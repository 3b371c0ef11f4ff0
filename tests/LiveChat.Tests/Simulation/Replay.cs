using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Sequencing;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// What history must be: the log, read once from the beginning by one who forgets nothing, one commit an event. Every
/// cell of the store, with its stamp, must be the one that this leaves, whatever crashed and was repeated.
/// </summary>
internal static class Replay
{
    public static async Task<CellStore> OfAsync(IMessageLog log)
    {
        var store = new CellStore();
        var decoder = new EntryDecoder(RulesTable.Default);
        var chats = new Dictionary<ChatId, ChatSequencer>();
        for (var partition = 0; partition < log.Partitions; partition++)
        {
            var end = (await log.RangeAsync(partition, CancellationToken.None)).End;
            for (var after = Position.None; after < end;)
            {
                foreach (var entry in await log.ReadAsync(partition, after, 1 << 20, CancellationToken.None))
                {
                    after = entry.Position;
                    if (!decoder.TryDecode(entry, out var decoded))
                        throw new SimulationException($"The log gave back a damaged entry at {after}.");
                    if (!chats.TryGetValue(decoded.Chat, out var chat))
                        chats[decoded.Chat] = chat = new ChatSequencer(null);
                    Apply(store, chat, decoded);
                }
            }
        }

        return store;
    }

    private static void Apply(CellStore store, ChatSequencer chat, in DecodedEntry entry)
    {
        var verdict = chat.Apply(entry.Rules, entry.Record, entry.Key, entry.Position, entry.TimeMs, null);
        if (verdict is not Verdict.Accepted { Event: var accepted })
            return;
        var commit = HistoryRowsBuilder.Build([accepted]);
        foreach (var row in commit.Rows)
            store.WriteRow(entry.Chat, row);
        store.WriteHead(commit);
    }
}
