using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Sequencing;

namespace LiveChat.Tests.Sequencing;

/// <summary>The rows that the workers themselves read, and no others.</summary>
internal static class PlainCommits
{
    public static HistoryCommit Of(IReadOnlyList<SequencedEvent> events) => new(
        [.. events.SelectMany(RowsOf)],
        events[^1].After,
        events.Any(e => !ReferenceEquals(e.Before?.Roster, e.After.Roster)));

    private static IEnumerable<HistoryRow> RowsOf(SequencedEvent e)
    {
        var stored = new StoredEvent
        {
            Seq = (ulong)e.After.Seq,
            N = (ulong)e.After.N,
            TimeMs = e.After.TimeMs,
            Position = e.After.Position.Value,
            Record = e.Record,
            Added = { e.Added.Select(user => user.Value) },
        };
        yield return new EventRow(e.After.Stamp, stored, null);
        yield return new KeyRow(e.After.Stamp, e.Sender, e.ClientId, e.Use);
    }
}
