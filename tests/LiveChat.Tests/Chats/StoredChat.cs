using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.Chats;

/// <summary>
/// A chat of a worker whose history lags by chance: the store has the head and the keys through some event. Says of
/// each record the line that <see cref="PlainModel"/> says.
/// </summary>
internal sealed class StoredChat
{
    private readonly RulesV1 _rules = new();
    private readonly Dictionary<CommandKey, KeyUse> _rows = [];
    private readonly Dictionary<long, string> _bySeq = [];
    private readonly List<ChatState> _states = [];
    private ChatSequencer _chat = new(null);

    /// <summary>The events, by seq.</summary>
    public IEnumerable<string> Lines => _bySeq.OrderBy(line => line.Key).Select(line => line.Value);

    public string Next(Record record, int offset, long appendMs)
    {
        var key = CommandKey.Of(record);
        KeyUse? stored = _chat.NeedsLookup(key) && _rows.TryGetValue(key, out var row) ? row : null;
        var verdict = _chat.Apply(_rules, record, key, Position.Create(1, offset), appendMs, stored);
        switch (verdict)
        {
            case Verdict.Accepted { Event: var e }:
                _rows.Add(key, e.Use); // Rows may be there before the head, as in a torn commit.
                _states.Add(e.After);
                _bySeq.Add(e.After.Seq, Line(e));
                return _bySeq[e.After.Seq];
            case Verdict.Duplicate { First: var first }:
                return "duplicate of " + _bySeq[first.Seq];
            case Verdict.Refused { Reason: var reason }:
                return "refused " + reason;
            default:
                return "skipped";
        }
    }

    /// <summary>1: history follows, old keys are forgotten; 2: all of them; 3: the chat is loaded anew.</summary>
    public void Do(int what, long logMs)
    {
        if (_states.Count == 0)
            return;
        switch (what)
        {
            case 1:
                _chat.Forget(_states[^1].Position, logMs);
                break;
            case 2:
                _chat.Forget(_states[_states.Count / 2].Position, long.MaxValue);
                break;
            case 3:
                _chat = new ChatSequencer(_states[^1]);
                break;
        }
    }

    private static string Line(SequencedEvent e)
    {
        var s = e.After;
        var roster = string.Join(',', s.Roster.Members.ToArray().Select(m => $"{m.User}:{m.Role}:{m.FromSeq}"));
        return $"event {s.Seq} n{s.N} id{e.Record.Id} t{s.TimeMs} w{s.Stamp} by {e.Sender} "
            + $"{(s.Pull ? "pull" : "push")} '{s.Title}'{s.Custom}@{s.SettingsSeq} "
            + $"+[{string.Join(',', e.Added)}] {roster}";
    }
}
