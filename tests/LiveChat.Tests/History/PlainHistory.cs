using LiveChat.Core.Chats;
using Kind = LiveChat.Core.Log.Record.BodyOneofCase;

namespace LiveChat.Tests.History;

/// <summary>
/// What history says of a chat, once more, from the list of all of its events: written for reading, without rows,
/// stamps or tables. <see cref="HistoryDump"/> writes the same lines from a store.
/// </summary>
internal static class PlainHistory
{
    public static List<string> Lines(IReadOnlyList<SequencedEvent> events)
    {
        var lines = new List<string> { HistoryDump.Line(events[^1].After) };
        foreach (var e in events)
            lines.Add(EventLine(e, events));
        foreach (var user in HistoryDump.Users)
            lines.AddRange(new PlainUser(user).After(events));
        foreach (var e in events)
            lines.Add($"key {e.Sender} {e.ClientId} → {e.Use}");
        return lines;
    }

    private static string EventLine(SequencedEvent e, IReadOnlyList<SequencedEvent> events)
    {
        var on = events.Where(later => later.Record.Target?.Seq == (ulong)e.After.Seq).ToList();
        var deleted = on.LastOrDefault(later => later.Record.BodyCase == Kind.Delete)?.After.Seq;
        var content = deleted is null ? e.Record.Message?.Body.Text : null;
        var edits = deleted is not null ? [] : on
            .Where(later => later.Record.BodyCase == Kind.Edit)
            .Select(later => $"{later.After.Seq}:{later.Record.Edit.Body.Text}");
        var reactions = on
            .Where(later => later.Record.BodyCase == Kind.Reaction)
            .GroupBy(later => (later.Record.Reaction.Emoji, later.Sender))
            .Select(group => group.Last())
            .Where(later => later.Record.Reaction.On)
            .OrderBy(later => later.After.Seq)
            .Select(later => $"{later.Record.Reaction.Emoji}{later.Sender}@{later.After.Seq}");
        return HistoryDump.Line(
            e.After.Seq, e.After.N, e.After.TimeMs, e.Record.BodyCase, content, deleted, edits, reactions);
    }

    /// <summary>One user of the chat: stays, and the row in the user's list.</summary>
    private sealed class PlainUser(string user)
    {
        private readonly List<(long From, long? To)> _stays = [];
        private (long Seq, long N) _head;
        private (long Seq, long N) _read;
        private bool _pull;

        public IEnumerable<string> After(IReadOnlyList<SequencedEvent> events)
        {
            foreach (var e in events)
                Apply(e);
            if (_stays.Count == 0)
                return [$"{user} never was here"];
            var heads = _pull ? "pull" : $"head {_head.Seq} {_head.N}";
            return [
                $"{user} stays {string.Join(' ', _stays.Select(stay => $"{stay.From}-{stay.To}"))}",
                $"{user} row {_stays[^1].From}-{_stays[^1].To} {heads} read {_read.Seq} {_read.N}",
            ];
        }

        private void Apply(SequencedEvent e)
        {
            var (seq, n) = (e.After.Seq, e.After.N);
            var isMember = _stays.Count > 0 && _stays[^1].To is null;
            var joins = e.Record.BodyCase == Kind.Created
                ? e.Sender.Value == user || e.Record.Created.Members.Contains(user)
                : !isMember && e.Record.MembersAdded?.Users.Contains(user) == true;
            if (joins)
            {
                _stays.Add((seq, null));
                _read = (seq, n);
                isMember = true;
            }

            if (e.Record.Message is not null && e.Sender.Value == user)
                _read = (seq, n);
            if (!isMember)
                return;
            _head = (seq, n);
            _pull = e.After.Pull;
            if (e.Record.MemberRemoved?.User == user)
                (_stays[^1], _pull) = ((_stays[^1].From, seq), false);
        }
    }
}
