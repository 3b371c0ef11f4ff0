using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// What every cell that the log decides should hold: of two writes the one with the greater stamp, and never two
/// values at one stamp. Compared with what a plain replay of the log writes.
/// </summary>
internal sealed class CellLedger
{
    private readonly Dictionary<Cell, (long Stamp, object Value)> _cells = [];

    /// <summary>Cells that were written with two values at one stamp.</summary>
    public List<string> Conflicts { get; } = [];

    public void Note(ChatId chat, HistoryRow row) => Note(new Cell(chat, KeyOf(row)), row.Stamp, row);

    public void NoteHead(ChatState head, bool rosterChanged)
    {
        Note(new Cell(head.Chat, "head"), head.Stamp, head with { Roster = Roster.Empty });
        if (rosterChanged)
            Note(new Cell(head.Chat, "roster"), head.Stamp, RosterText(head.Roster));
    }

    /// <summary>
    /// The cells that differ. A roster's stamp is that of the last event of the commit that wrote it, the value is the
    /// roster as of that event; so only the value counts. A member's head of a pull chat is read by nobody: how far it
    /// was raised before the chat became one depends on where the commits were cut.
    /// </summary>
    public IEnumerable<string> Differences(CellLedger other) =>
        from cell in _cells.Keys.Union(other._cells.Keys)
        let mine = _cells.GetValueOrDefault(cell)
        let theirs = other._cells.GetValueOrDefault(cell)
        where !Equals(mine.Value, theirs.Value) || (mine.Stamp != theirs.Stamp && mine.Value is not string)
        where !IsHeadInPullChat(cell)
        select $"Cell {cell}: {mine} and {theirs}.";

    private static object KeyOf(HistoryRow row) => row switch
    {
        EventRow written => ("event", (long)written.Event.Seq),
        EditRow edit => ("edit", edit.Target, edit.EditSeq),
        ErasureRow erasure => ("erasure", erasure.Target, erasure.DeletedSeq),
        ReactionRow reaction => ("reaction", reaction.Target, reaction.Emoji, reaction.User),
        StayRow stay => ("stay", stay.User, stay.FromSeq),
        UserChatRow member => ("membership", member.User),
        UserChatHeadRow head => ("head", head.User),
        UserChatReadRow read => ("read", read.User),
        KeyRow key => ("key", key.Sender, key.ClientId),
        DeletionRow => "deletion",
        _ => throw new SimulationException($"A row that the ledger does not know: {row}."),
    };

    private static string RosterText(Roster roster) =>
        string.Join(' ', roster.Members.ToArray().Select(member => $"{member.User}:{member.Role}:{member.FromSeq}"));

    private void Note(Cell cell, long stamp, object value)
    {
        if (!_cells.TryGetValue(cell, out var former) || former.Stamp < stamp)
            _cells[cell] = (stamp, value);
        else if (former.Stamp == stamp && !former.Value.Equals(value))
            Conflicts.Add($"Cell {cell} was written with two values at stamp {stamp}: {former.Value} and {value}.");
    }

    private bool IsHeadInPullChat(Cell cell) => cell.Key is ValueTuple<string, UserId> { Item1: "head" } head
        && _cells.GetValueOrDefault(new Cell(cell.Chat, ("membership", head.Item2))).Value
            is UserChatRow { Pull: true, ToSeq: null };

    private readonly record struct Cell(ChatId Chat, object Key);
}
