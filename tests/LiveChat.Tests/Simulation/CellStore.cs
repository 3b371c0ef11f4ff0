using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Sequencing;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// A store that promises no more than the schema does: cells, of which the one with the greater stamp stays, whatever
/// came first. Written row by row, so that a crash may fall between any two.
/// <code>
/// head      chat                  : state | roster      two cells, the second only when it changes
/// events    chat                  : seq → event
/// content   chat                  : seq → body          a deletion puts nothing here, stamped like everything
/// deleted   chat                  : seq → deleted_seq
/// edits     chat, target          : edit_seq → body     hidden by a deletion of the target
/// reactions chat, target          : emoji, user → on, event_seq
/// stays     chat, user            : from_seq → to_seq
/// users     user, chat            : membership | head | read
/// keys      chat, sender          : client id → use
/// </code>
/// Of two values with one stamp the first stays: no cell is ever written with two.
/// </summary>
internal sealed class CellStore
{
    private readonly Dictionary<string, SortedDictionary<string, Cell>> _rows = [];

    public void WriteHead(HistoryCommit commit)
    {
        var head = commit.Head;
        Put($"head {head.Chat}", "state", head.Stamp, head with { Roster = Roster.Empty });
        if (commit.RosterChanged)
            Put($"head {head.Chat}", "roster", head.Stamp, new RosterCell(head.Roster));
    }

    public void WriteRow(ChatId chat, HistoryRow row)
    {
        var stamp = row.Stamp;
        switch (row)
        {
            case EventRow written:
                Put($"events {chat}", Seq((long)written.Event.Seq), stamp, written.Event);
                if (written.Content is not null)
                    Put($"content {chat}", Seq((long)written.Event.Seq), stamp, written.Content);
                break;
            case EditRow edit:
                Put($"edits {chat} {edit.Target}", Seq(edit.EditSeq), stamp, edit);
                break;
            case ErasureRow erasure:
                Put($"content {chat}", Seq(erasure.Target), stamp, null);
                Put($"deleted {chat}", Seq(erasure.Target), stamp, erasure.DeletedSeq);
                break;
            case ReactionRow reaction:
                Put($"reactions {chat} {reaction.Target}", $"{reaction.Emoji} {reaction.User}", stamp, reaction);
                break;
            case StayRow stay:
                Put($"stays {chat} {stay.User}", Seq(stay.FromSeq), stamp, new MemberStay(stay.FromSeq, stay.ToSeq));
                break;
            case UserChatRow member:
                Put($"users {member.User} {chat}", "membership", stamp, member);
                break;
            case UserChatHeadRow head:
                Put($"users {head.User} {chat}", "head", stamp, head);
                break;
            case UserChatReadRow read:
                Put($"users {read.User} {chat}", "read", stamp, read);
                break;
            case KeyRow key:
                Put($"keys {chat} {key.Sender}", key.ClientId.ToString(), stamp, key.Use);
                break;
            default:
                throw new SimulationException($"A row that the store does not know: {row}.");
        }
    }

    public ChatState? ReadHead(ChatId chat) => Get($"head {chat}", "state") is ChatState head
        ? head with { Roster = (Get($"head {chat}", "roster") as RosterCell)?.Roster ?? Roster.Empty }
        : null;

    public KeyUse? ReadKey(ChatId chat, UserId sender, ClientId clientId) =>
        (KeyUse?)Get($"keys {chat} {sender}", clientId.ToString());

    public IReadOnlyList<HistoryEntry> ReadEvents(ChatId chat, long from, long to)
    {
        var entries = new List<HistoryEntry>();
        foreach (var stored in Row<StoredEvent>($"events {chat}"))
        {
            var seq = (long)stored.Seq;
            if (seq < from || seq > to)
                continue;
            var deleted = (long?)Get($"deleted {chat}", Seq(seq));
            entries.Add(new HistoryEntry(
                stored,
                deleted is null ? (Body?)Get($"content {chat}", Seq(seq)) : null,
                deleted,
                deleted is null ? [.. Row<EditRow>($"edits {chat} {seq}")] : [],
                [.. Row<ReactionRow>($"reactions {chat} {seq}")]));
        }

        return entries;
    }

    public IReadOnlyList<MemberStay> ReadStays(ChatId chat, UserId user) =>
        [.. Row<object>($"stays {chat} {user}").Cast<MemberStay>()];

    /// <summary>
    /// The cells that are in one of the two only, or differ in value or stamp. A roster's stamp is that of the last
    /// event of the commit that wrote it, the value is the roster as of that event; so only the value counts. A
    /// member's head of a pull chat is read by nobody: how far it was raised before the chat became one depends on
    /// where the commits were cut.
    /// </summary>
    public IEnumerable<string> Differences(CellStore other) =>
        from row in _rows.Keys.Union(other._rows.Keys).Order(StringComparer.Ordinal)
        from column in Columns(row).Union(other.Columns(row))
        let mine = Find(row, column)
        let theirs = other.Find(row, column)
        where mine != theirs && !(column == "head" && IsInPullChat(row))
            && !(mine?.Value is RosterCell && mine.Value.Equals(theirs?.Value))
        select $"Cell {row} / {column}: {mine} and {theirs}.";

    private bool IsInPullChat(string row) => Get(row, "membership") is UserChatRow { Pull: true, ToSeq: null };

    private static string Seq(long seq) => seq.ToString("D8", System.Globalization.CultureInfo.InvariantCulture);

    private void Put(string row, string column, long stamp, object? value)
    {
        if (!_rows.TryGetValue(row, out var columns))
            _rows[row] = columns = new SortedDictionary<string, Cell>(StringComparer.Ordinal);
        if (!columns.TryGetValue(column, out var former) || former.Stamp < stamp)
            columns[column] = new Cell(stamp, value);
    }

    private Cell? Find(string row, string column) =>
        _rows.TryGetValue(row, out var columns) && columns.TryGetValue(column, out var cell) ? cell : null;

    private object? Get(string row, string column) => Find(row, column)?.Value;

    private string[] Columns(string row) => _rows.TryGetValue(row, out var columns) ? [.. columns.Keys] : [];

    private IEnumerable<T> Row<T>(string row) where T : class =>
        _rows.TryGetValue(row, out var columns) ? columns.Values.Select(cell => (T)cell.Value!) : [];

    private sealed record Cell(long Stamp, object? Value);

    private sealed class RosterCell(Roster roster) : IEquatable<RosterCell>
    {
        public Roster Roster => roster;

        public bool Equals(RosterCell? other) => other?.ToString() == ToString();

        public override bool Equals(object? obj) => Equals(obj as RosterCell);

        public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

        public override string ToString() =>
            string.Join(' ', Roster.Members.ToArray().Select(m => $"{m.User}:{m.Role}:{m.FromSeq}"));
    }
}
