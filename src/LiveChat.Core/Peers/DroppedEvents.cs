using LiveChat.Core.FanOut;
using LiveChat.Core.Links;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Peers;

/// <summary>
/// What a link that was full has to tell in the place of the hand-overs that it dropped: one head a chat, the heads of
/// those who were removed, which chats' cached tails lack a deletion, answers, and what users changed for their own
/// devices. Under the lock of <see cref="GatewayFeed"/>. Bounded by the chats that have members on the gateway, and by
/// its commands.
/// </summary>
internal sealed class DroppedEvents
{
    private const int AnswersMax = 65_536;

    private readonly Dictionary<ChatId, CaughtUp.Types.Head> _heads = [];
    private readonly Dictionary<(ChatId, UserId), CaughtUp.Types.Head> _removed = [];
    private readonly HashSet<ChatId> _emptied = [];
    private readonly Queue<LinkFrame> _answers = [];
    private readonly Dictionary<(UserId, Signal.KindOneofCase, ulong), Signal> _own = [];

    /// <summary>Notes what was not handed over.</summary>
    /// <param name="chat">The chat.</param>
    /// <param name="chatEvent">The event for the recipients there, if any.</param>
    /// <param name="answer">The frame of the answer, if the gateway waits for it.</param>
    public void Note(ChatId chat, HandedEvent? chatEvent, LinkFrame? answer)
    {
        if (answer is not null && _answers.Count < AnswersMax) _answers.Enqueue(answer); // Else it times out there.
        if (chatEvent is null) return;
        if (chatEvent is { EndsChat: false, Recipients.Length: > 0 }) _heads[chat] = HeadOf(chatEvent);
        foreach (var gone in chatEvent.Gone)
        {
            var head = HeadOf(chatEvent);
            head.Users.Clear();
            head.Users.Add(gone.Value);
            _removed[(chat, gone)] = head;
        }

        if (chatEvent.Removed is not null || chatEvent.EndsChat || chatEvent.Stored.Record.Delete is not null)
            _emptied.Add(chat);
    }

    /// <summary>Notes what a user's devices were not told.</summary>
    public void Note(UserId user, Signal signal)
    {
        var key = (user, signal.KindCase, SignalRules.ChatOf(signal));
        _own[key] = _own.TryGetValue(key, out var former) ? SignalRules.Merge(former, signal) : signal;
    }

    /// <summary>Writes as much as there is room for; true when nothing is left.</summary>
    public bool TryWrite(Func<LinkFrame, bool> tryWrite)
    {
        // The tails first: no head may lead anybody to what was erased.
        foreach (var chat in _emptied)
            if (!tryWrite(new LinkFrame { CaughtUp = new CaughtUp { Emptied = { chat.Value } } })) return false;
            else _emptied.Remove(chat);
        if (!TryWrite(_heads, tryWrite) || !TryWrite(_removed, tryWrite)) return false;
        foreach (var (key, signal) in _own)
            if (!tryWrite(new LinkFrame { Signal = signal })) return false;
            else _own.Remove(key);
        while (_answers.TryPeek(out var answer))
            if (tryWrite(answer)) _answers.Dequeue();
            else return false;
        return true;
    }

    private static bool TryWrite<TKey>(
        Dictionary<TKey, CaughtUp.Types.Head> heads, Func<LinkFrame, bool> tryWrite)
        where TKey : notnull
    {
        foreach (var (key, head) in heads)
            if (!tryWrite(new LinkFrame { CaughtUp = new CaughtUp { Heads = { head } } })) return false;
            else heads.Remove(key);
        return true;
    }

    private static CaughtUp.Types.Head HeadOf(HandedEvent chatEvent)
    {
        var head = new CaughtUp.Types.Head
        {
            Chat = chatEvent.Chat.Value, Seq = chatEvent.Seq, N = chatEvent.N,
        };
        foreach (var member in chatEvent.Recipients.Span) head.Users.Add(member.User.Value);
        return head;
    }
}
