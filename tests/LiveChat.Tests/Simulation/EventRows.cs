using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Sequencing;

namespace LiveChat.Tests.Simulation;

/// <summary>The rows that events write, as far as the simulator's store has them.</summary>
internal static class EventRows
{
    public static HistoryCommit Of(IReadOnlyList<SequencedEvent> events)
    {
        var rows = new List<HistoryRow>();
        var rosterChanged = false;
        foreach (var made in events)
        {
            var after = made.After;
            var stamp = after.Stamp;
            var record = made.Record.Clone();
            Body? content = null;
            if (record.BodyCase == Record.BodyOneofCase.Message)
                (content, record.Message) = (record.Message.Body, new Message());
            else if (record.BodyCase == Record.BodyOneofCase.Edit)
            {
                rows.Add(new EditRow(stamp, (long)record.Target.Seq, after.Seq, record.Edit.Body));
                record.Edit = new Edit();
            }

            var stored = new StoredEvent
            {
                Seq = (ulong)after.Seq,
                N = (ulong)after.N,
                TimeMs = after.TimeMs,
                Position = after.Position.Value,
                Record = record,
            };
            stored.Added.AddRange(made.Added.Select(user => user.Value));
            rows.Add(new EventRow(stamp, stored, content));
            if (record.BodyCase == Record.BodyOneofCase.Delete)
                rows.Add(new ErasureRow(stamp, (long)record.Target.Seq, after.Seq));
            if (record.BodyCase == Record.BodyOneofCase.Reaction)
                rows.Add(new ReactionRow(
                    stamp,
                    (long)record.Target.Seq,
                    record.Reaction.Emoji,
                    made.Sender,
                    record.Reaction.On,
                    after.Seq));
            rows.Add(new KeyRow(stamp, made.Sender, made.ClientId, made.Use));
            rosterChanged |= AddMembers(rows, made);
            if (record.BodyCase == Record.BodyOneofCase.Message)
                rows.Add(new UserChatReadRow(made.Sender, after.Seq, after.N, after.TimeMs));
        }

        return new HistoryCommit(rows, events[^1].After, rosterChanged);
    }
    /// <summary>Whether the event changed the roster.</summary>
    private static bool AddMembers(List<HistoryRow> rows, SequencedEvent made)
    {
        var after = made.After;
        var stamp = after.Stamp;
        var before = made.Before?.Roster ?? Roster.Empty;
        foreach (var member in before.Members)
            if (!after.Roster.Contains(member.User))
            {
                rows.Add(new StayRow(stamp, member.User, member.FromSeq, after.Seq));
                rows.Add(new UserChatRow(stamp, member.User, member.FromSeq, after.Seq, false));
                rows.Add(new UserChatHeadRow(stamp, member.User, after.Seq, after.N, after.TimeMs));
            }

        foreach (var member in after.Roster.Members)
        {
            if (!before.Contains(member.User))
            {
                rows.Add(new StayRow(stamp, member.User, member.FromSeq, null));
                rows.Add(new UserChatReadRow(member.User, after.Seq, after.N, after.TimeMs));
            }

            if (before != after.Roster)
                rows.Add(new UserChatRow(stamp, member.User, member.FromSeq, null, after.Pull));
            if (!after.Pull)
                rows.Add(new UserChatHeadRow(stamp, member.User, after.Seq, after.N, after.TimeMs));
        }
        return before != after.Roster;
    }
}
