using LiveChat.Protocol.Frames;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// What a chat is to its users, told from its events alone and written for reading: who was in it from when to when,
/// what each may see, how many messages they have not read.
/// </summary>
internal sealed class PlainChat
{
    private readonly IReadOnlyList<ChatEvent> _events;
    private readonly Dictionary<string, List<Stay>> _stays = [];

    public PlainChat(IReadOnlyList<ChatEvent> events)
    {
        _events = events;
        foreach (var happened in events)
            Follow(happened);
    }

    public string Chat => _events[0].Chat;

    public long Head => _events.Count;

    /// <summary>Who started a direct chat; absent for a group.</summary>
    public string? Starter => _events[0] is ChatCreated { Kind: "direct" } created ? created.Sender : null;

    /// <summary>The first message in a direct chat that is not the starter's; absent when there is none.</summary>
    public long? AnswerSeq => Starter is null
        ? null
        : _events.OfType<MessageCreated>().FirstOrDefault(message => message.Sender != Starter)?.Seq;

    /// <summary>The messages of a direct chat before the first answer.</summary>
    public long Unanswered => Messages(0, (AnswerSeq ?? long.MaxValue) - 1);

    /// <summary>The edits, reactions and deletions in a direct chat before the first answer.</summary>
    public long ChangesUnanswered => Math.Min(Head, (AnswerSeq ?? long.MaxValue) - 1) - 1 - Unanswered;

    /// <summary>Those of them that are edits or reactions of the starter.</summary>
    public long ChangesOfStarter => _events.Count(happened => happened.Seq < (AnswerSeq ?? long.MaxValue)
        && happened.Sender == Starter && happened is MessageEdited or ReactionChanged);

    /// <summary>Whether a member is told in the end who is there, types and has read.</summary>
    public bool ShowsSignsTo(string user) => Starter != user || AnswerSeq is not null;

    public IReadOnlyList<Stay> StaysOf(string user) => _stays.GetValueOrDefault(user, []);

    public Stay? StayAt(string user, long seq) =>
        StaysOf(user).FirstOrDefault(stay => stay.From <= seq && (stay.To ?? long.MaxValue) >= seq);

    /// <summary>Whether both were in the chat at the same time, right after this event or later.</summary>
    public bool AreTogether(string one, string other, long after) => StaysOf(one).Any(ofOne =>
        StaysOf(other).Any(ofOther => Math.Max(after, Math.Max(ofOne.From, ofOther.From))
            < Math.Min(ofOne.To ?? long.MaxValue, ofOther.To ?? long.MaxValue)));

    /// <summary>The last event that the user may see.</summary>
    public long HeadOf(string user) => StaysOf(user) is [.., var last] ? last.To ?? Head : 0;

    /// <summary>The number of messages above one seq and up to another.</summary>
    public long Messages(long above, long to) =>
        _events.Count(happened => happened is MessageCreated && happened.Seq > above && happened.Seq <= to);

    /// <summary>Everybody who ever was in the chat.</summary>
    public IEnumerable<string> Users => _stays.Keys;

    /// <summary>How far the user is without a mark: at the last own message, or the beginning of the stay.</summary>
    public long ReadAtLeast(string user) => _events
        .Where(happened => happened is MessageCreated && happened.Sender == user)
        .Select(happened => happened.Seq)
        .Append(StaysOf(user)[^1].From)
        .Max();

    /// <summary>Whether the message was deleted before this event.</summary>
    public bool WasDeleted(long message, long before) =>
        _events.Any(happened => happened is MessageDeleted gone && gone.Target == message && gone.Seq < before);

    /// <summary>A message as the user sees it in the end.</summary>
    public string MessageFor(string user, MessageCreated message)
    {
        var stay = StayAt(user, message.Seq)!; // Asked of messages that the user may see.
        var later = _events.Where(happened => happened.Seq <= (stay.To ?? long.MaxValue)).ToArray();
        if (_events.OfType<MessageDeleted>().LastOrDefault(gone => gone.Target == message.Seq) is { } deletion)
            return Line(message, null, null, later.Contains(deletion) ? deletion.Seq : null, []);

        var edit = later.OfType<MessageEdited>().LastOrDefault(edited => edited.Target == message.Seq);
        var reactions = later.OfType<ReactionChanged>()
            .Where(reaction => reaction.Target == message.Seq)
            .GroupBy(reaction => (reaction.Emoji, reaction.Sender))
            .Select(ofOne => ofOne.Last())
            .Where(last => last.On)
            .Select(last => $"{last.Emoji}{last.Sender}");
        return Line(message, edit is null ? message.Body : edit.Body, edit?.Seq, null, reactions);
    }

    /// <summary>A message as a page of messages has it.</summary>
    public static string LineOf(MessageCreated message) => Line(
        message,
        message.Body,
        message.EditedSeq,
        message.DeletedSeq,
        (message.Reactions ?? []).Select(reaction => $"{reaction.Emoji}{reaction.User}"));

    private static string Line(
        MessageCreated message, MessageBody? body, long? edited, long? deleted, IEnumerable<string> reactions) =>
        $"{message.Seq} of {message.Sender}: '{body?.Text}' edited {edited} deleted {deleted} "
        + string.Join(' ', reactions.Order(StringComparer.Ordinal));

    private void Follow(ChatEvent happened)
    {
        switch (happened)
        {
            case ChatCreated created:
                foreach (var user in created.Members)
                    Enter(user, happened.Seq);
                break;
            case MemberAdded added:
                foreach (var user in added.Users)
                    Enter(user, happened.Seq);
                break;
            case MemberRemoved removed:
                var stays = _stays[removed.User];
                stays[^1] = stays[^1] with { To = happened.Seq };
                break;
        }
    }

    private void Enter(string user, long seq)
    {
        if (!_stays.TryGetValue(user, out var stays))
            _stays.Add(user, stays = []);
        stays.Add(new Stay(seq));
    }
}
