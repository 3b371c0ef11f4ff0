using System.Text.Json.Nodes;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.Chats;

/// <summary>
/// The rules once more, written for reading and not for speed, without any type of the sequencer: every event is kept,
/// membership is a dictionary, every key is remembered for ever. Says of each record one line of text.
/// </summary>
internal sealed class PlainModel
{
    private readonly Dictionary<string, (string Line, string Content)> _keys = [];
    private readonly SortedDictionary<string, (string Role, int From)> _members = new(StringComparer.Ordinal);
    private readonly List<string> _events = [];
    private string _title = "", _custom = "";
    private int _messages, _settingsSeq;
    private bool _exists, _direct, _pull;
    private long _time, _stamp;

    public IReadOnlyList<string> Events => _events;

    public string Next(Record r, long appendMs)
    {
        var key = r.Sender + Convert.ToHexString(r.ClientId.Span);
        var content = $"{r.BodyCase} {r.Target?.Seq} {r.Created}{r.Message}{r.Edit}{r.Delete}{r.Reaction}"
            + $"{r.MembersAdded}{r.MemberRemoved}{r.MemberRole}{r.Settings}";
        if (_keys.TryGetValue(key, out var first))
            return first.Content == content ? "duplicate of " + first.Line : "refused DuplicateMismatch";

        var why = WhyNot(r);
        var keyMs = Convert.ToInt64(Convert.ToHexString(r.ClientId.Span[..6]), 16);
        if (why is null && keyMs > Math.Max(_time, appendMs) + 60_000)
            why = "ClockAhead";
        if (why is not null)
            return "refused " + why;

        var line = Apply(r, appendMs);
        _keys[key] = (line, content);
        _events.Add(line);
        return line;
    }

    private string? WhyNot(Record r)
    {
        if (r.BodyCase == Record.BodyOneofCase.Created)
            return _exists ? "Conflict"
                : Joining(r.Created.Members, r.Sender).Count + 1 > r.MembersMax ? "ChatFull" : null;
        if (!_members.TryGetValue(r.Sender, out var me))
            return "NotFound";

        var leads = me.Role is "Owner" or "Admin";
        switch (r.BodyCase)
        {
            case Record.BodyOneofCase.Edit or Record.BodyOneofCase.Delete or Record.BodyOneofCase.Reaction:
                var seq = (long)r.Target.Seq;
                if (!r.Target.IsMessage || seq > _events.Count || seq < me.From)
                    return "NotFound";
                var own = r.Target.Sender == r.Sender;
                return r.BodyCase == Record.BodyOneofCase.Edit && !own ? "Forbidden"
                    : r.BodyCase == Record.BodyOneofCase.Delete && !own && !leads ? "Forbidden" : null;
            case Record.BodyOneofCase.Message:
                return null;
        }

        if (_direct)
            return "Forbidden";
        var owners = _members.Values.Count(m => m.Role == "Owner");
        switch (r.BodyCase)
        {
            case Record.BodyOneofCase.MembersAdded:
                var joining = Joining(r.MembersAdded.Users, "").Count;
                return !leads ? "Forbidden" : joining == 0 ? "Conflict"
                    : _members.Count + joining > r.MembersMax ? "ChatFull" : null;
            case Record.BodyOneofCase.MemberRemoved when r.MemberRemoved.User == r.Sender:
                return me.Role == "Owner" && owners == 1 && _members.Count > 1 ? "LastOwner" : null;
            case Record.BodyOneofCase.MemberRemoved:
                return !leads ? "Forbidden" : !_members.TryGetValue(r.MemberRemoved.User, out var you) ? "NotFound"
                    : me.Role == "Admin" && you.Role != "Member" ? "Forbidden" : null;
            case Record.BodyOneofCase.MemberRole:
                return me.Role != "Owner" ? "Forbidden"
                    : !_members.TryGetValue(r.MemberRole.User, out var whom) ? "NotFound"
                    : whom.Role == r.MemberRole.Role.ToString() ? "Conflict"
                    : whom.Role == "Owner" && owners == 1 ? "LastOwner" : null;
            default:
                return !leads ? "Forbidden"
                    : r.Settings.HasIfSeq && (int)r.Settings.IfSeq != _settingsSeq ? "PreconditionFailed" : null;
        }
    }

    private string Merged(string patch)
    {
        var merged = MergePatchTests.Merge(_custom.Length == 0 ? null : JsonNode.Parse(_custom), JsonNode.Parse(patch));
        return merged!.ToJsonString() is var text and not "{}" ? text : "";
    }

    private string Apply(Record r, long appendMs)
    {
        var seq = _events.Count + 1;
        var joined = new List<string>();
        switch (r.BodyCase)
        {
            case Record.BodyOneofCase.Created:
                (_exists, _direct, _settingsSeq) = (true, r.Created.Direct, seq);
                (_title, _custom) = (r.Created.Title, r.Created.Custom);
                _members[r.Sender] = (_direct ? "Member" : "Owner", seq);
                Joining(r.Created.Members, r.Sender).ForEach(user => _members[user] = ("Member", seq));
                break;
            case Record.BodyOneofCase.Message:
                _messages++;
                break;
            case Record.BodyOneofCase.MembersAdded:
                joined = Joining(r.MembersAdded.Users, "");
                joined.ForEach(user => _members[user] = ("Member", seq));
                break;
            case Record.BodyOneofCase.MemberRemoved:
                _members.Remove(r.MemberRemoved.User);
                break;
            case Record.BodyOneofCase.MemberRole:
                _members[r.MemberRole.User] = (r.MemberRole.Role.ToString(), _members[r.MemberRole.User].From);
                break;
            case Record.BodyOneofCase.Settings:
                (_title, _settingsSeq) = (r.Settings.HasTitle ? r.Settings.Title : _title, seq);
                _custom = r.Settings.HasCustomPatch ? Merged(r.Settings.CustomPatch)
                    : r.Settings.HasCustom ? r.Settings.Custom : _custom;
                break;
        }

        if (!_direct && _members.Count >= r.PullAt && Moves(r))
            _pull = true;
        if (_members.Count < r.PushBelow && Moves(r))
            _pull = false;
        var idMs = Math.Min((long)(r.Id >> 23) + 1_735_689_600_000, appendMs + 3_600_000);
        _time = Math.Max(_time, Math.Max(appendMs, idMs));
        _stamp = Math.Max(_stamp + 1, appendMs * 1000);
        var roster = string.Join(',', _members.Select(m => $"{m.Key}:{m.Value.Role}:{m.Value.From}"));
        return $"event {seq} n{_messages} id{r.Id} t{_time} w{_stamp} by {r.Sender} {(_pull ? "pull" : "push")} "
            + $"'{_title}'{_custom}@{_settingsSeq} +[{string.Join(',', joined)}] {roster}";
    }

    private static bool Moves(Record r) => r.BodyCase is Record.BodyOneofCase.Created
        or Record.BodyOneofCase.MembersAdded or Record.BodyOneofCase.MemberRemoved or Record.BodyOneofCase.MemberRole;

    private List<string> Joining(IEnumerable<string> users, string creator) =>
        [.. users.Where(user => user != creator && !_members.ContainsKey(user)).Distinct()];
}
