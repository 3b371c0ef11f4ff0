using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// What history must be: the log, read once from the beginning by one who forgets nothing, one commit an event. Every
/// cell of the store, with its stamp, must be the one that this leaves, whatever crashed and was repeated.
/// </summary>
internal sealed class Replay
{
    private readonly HistoryImage _image = new();
    private readonly Dictionary<ChatId, ChatSequencer> _chats = [];

    private Replay()
    {
    }

    public CellLedger Cells => _image.Cells;

    /// <summary>The chats of the log as they are after its last record.</summary>
    public IEnumerable<ChatState> Chats =>
        _chats.Values.Select(static chat => chat.State).OfType<ChatState>().OrderBy(static state => state.Chat.Value);

    /// <summary>Whether who reads the log begins to delete the chat.</summary>
    public bool IsDeletionOpen(ChatId chat) =>
        _image.Store.WithDeletions(all => all.TryGetValue(chat, out var deletion) && deletion.FinishedMs == 0);

    public static Task<Replay> OfAsync(SimulatedLog log) => OfAsync(log.Partitions, log.ReadAllAsync);

    /// <param name="partitions">How many there are.</param>
    /// <param name="readAllAsync">Everything that a partition ever had.</param>
    public static async Task<Replay> OfAsync(int partitions, Func<int, Task<IReadOnlyList<LogEntry>>> readAllAsync)
    {
        var replay = new Replay();
        var decoder = new EntryDecoder(RulesTable.Default);
        for (var partition = 0; partition < partitions; partition++)
            foreach (var entry in await readAllAsync(partition))
            {
                switch (decoder.Decode(entry, out var decoded))
                {
                    case EntryKind.Damaged:
                        throw new SimulationException($"The log gave back a damaged entry at {entry.Position}.");
                    case EntryKind.Record:
                        replay.Apply(decoded);
                        break;
                }
            }

        return replay;
    }

    private void Apply(in DecodedEntry entry)
    {
        if (!_chats.TryGetValue(entry.Chat, out var chat))
            _chats[entry.Chat] = chat = new ChatSequencer(null);
        var verdict = chat.Apply(entry.Rules, entry.Record, entry.Key, entry.Position, entry.TimeMs, null);
        if (verdict is not Verdict.Accepted { Event: var accepted })
            return;
        var commit = HistoryRowsBuilder.Build([accepted]);
        foreach (var row in commit.Rows)
            _image.Write(entry.Chat, row);
        _image.WriteHead(commit.Head, commit.RosterChanged);
    }
}
