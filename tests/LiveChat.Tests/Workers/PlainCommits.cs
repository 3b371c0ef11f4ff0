using LiveChat.Core.Chats;
using LiveChat.Core.History;

namespace LiveChat.Tests.Workers;

/// <summary>The rows that the workers themselves read, and no others.</summary>
internal static class PlainCommits
{
    public static HistoryCommit Of(IReadOnlyList<SequencedEvent> events) => new(
        [.. events.SelectMany(RowsOf)],
        events[^1].After,
        events.Any(e => !ReferenceEquals(e.Before?.Roster, e.After.Roster)));

    private static IEnumerable<HistoryRow> RowsOf(SequencedEvent e)
    {
        yield return new EventRow(e.After.Stamp, HistoryRowsBuilder.StoredOf(e), null);
        if (e.Record.Delete is not null)
            yield return new ErasureRow(e.After.Stamp, (long)e.Record.Target.Seq, e.After.Seq);
        yield return new KeyRow(e.After.Stamp, e.Sender, e.ClientId, e.Use);
    }
}
