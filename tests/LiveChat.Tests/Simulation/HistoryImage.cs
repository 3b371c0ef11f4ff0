using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// What lies on the disk of history: the rows and the committed positions, and who is who. Events and everything else
/// in them are seen by whoever reads the real store in memory, which is written row by row.
/// </summary>
internal sealed class HistoryImage
{
    public InMemoryHistoryStore Store { get; } = new("epoch");

    public string Epoch { get; set; } = "epoch";

    /// <summary>The starts of the node, in an order that a seed repeats.</summary>
    public SortedDictionary<ulong, StoreStart> Starts { get; } = [];

    public InMemoryIdentityStore Identities { get; } = new();

    public InMemoryLastSeenStore Seen { get; } = new();

    public CellLedger Cells { get; } = new();

    public InMemoryErasureStore Erasures => field ??= new InMemoryErasureStore(Store, Identities, Seen);

    public InMemoryDeletionStore Deletions => field ??= new InMemoryDeletionStore(Store);

    public Dictionary<(string Group, int Partition), Position> Committed { get; } = [];

    public void Write(ChatId chat, HistoryRow row)
    {
        Store.Apply(chat, row);
        Cells.Note(chat, row);
    }

    public void WriteHead(ChatState head, bool rosterChanged)
    {
        Store.ApplyHead(head, rosterChanged);
        Cells.NoteHead(head, rosterChanged);
    }
}
