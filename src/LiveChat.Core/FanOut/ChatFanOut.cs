using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Log;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.FanOut;

/// <summary>
/// Hands events to the sessions of this node. Push: the event is encoded once per variant, and the same bytes go into
/// every outbox. Pull: the event goes into the tail cache only, and the sessions are told the head, at most every
/// 250 ms. Called by the delivery workers, one per partition at a time, hence for one chat never twice at once; it
/// never waits, since outboxes are bounded and answer for themselves.
/// </summary>
internal sealed class ChatFanOut(
    SessionDirectory sessions,
    TailCache tails,
    PendingCommands pending,
    HeadCoalescer heads,
    TypingBoard typing,
    Action<ChatId, UserId> left) : IDeliverySink
{
    public void Deliver(SequencedEvent chatEvent, ContentFate content)
    {
        var stored = content is ContentFate.Erased
            ? HistoryRowsBuilder.StoredOf(chatEvent)
            : HistoryRowsBuilder.WholeOf(chatEvent);
        tails.Add(stored);
        typing.Follow(chatEvent.After);
        var removed = RemovedBy(chatEvent);

        // Before the event: whoever is told of it is told of nothing that it ends any more.
        if (removed is { } gone) left(chatEvent.After.Chat, gone);
        else if (chatEvent.Record.Message is not null) typing.End(chatEvent.After.Chat, chatEvent.Sender);
        if (chatEvent.After.Pull) Announce(chatEvent.After, removed);
        else if (content is ContentFate.Unknown) SayHead(chatEvent.After);
        else Push(new PushedEvent(stored, content), chatEvent.After, removed);
    }

    public void Answer(Record record, DeliveryAnswer answer) => pending.Complete(record, answer);

    /// <summary>Says the head of a pull chat to its members on this node.</summary>
    public void SayHead(ChatState state)
    {
        foreach (var member in state.Roster.Members)
            foreach (var session in sessions.Of(member.User))
                session.Outbox.PostHead(state.Chat, state.Seq, state.N);
    }

    private void Push(PushedEvent pushed, ChatState after, UserId? removed)
    {
        foreach (var member in after.Roster.Members)
        {
            var devices = sessions.Of(member.User);
            if (!devices.IsEmpty) Post(devices, pushed.For(new MemberStay(member.FromSeq, null)), after);
        }

        // A removal acts on no message: whoever is told of it sees all of it.
        if (removed is { } gone && sessions.Of(gone) is { IsEmpty: false } left)
            Post(left, pushed.For(new MemberStay(after.Seq, after.Seq)), after);
    }

    /// <summary>Who is removed is told at once: later heads are not for them.</summary>
    private void Announce(ChatState after, UserId? removed)
    {
        if (removed is { } gone)
            foreach (var session in sessions.Of(gone))
                session.Outbox.PostHead(after.Chat, after.Seq, after.N);
        if (heads.TryBegin(after)) SayHead(after);
    }

    private static UserId? RemovedBy(SequencedEvent chatEvent) =>
        chatEvent.Record.MemberRemoved is { } removal
        && UserId.TryParse(removal.User, out var user)
        && !chatEvent.After.Roster.Contains(user)
            ? user
            : null;

    private static void Post(ReadOnlySpan<ConnectedDevice> devices, ReadOnlyMemory<byte> frame, ChatState after)
    {
        foreach (var session in devices) session.Outbox.PostEvent(frame, after.Chat, after.Seq, after.N);
    }

    /// <summary>An event on its way to the members' devices, encoded once for each way in which a stay shows it.
    /// </summary>
    private sealed class PushedEvent(StoredEvent stored, ContentFate content)
    {
        private ReadOnlyMemory<byte> _whole;
        private ReadOnlyMemory<byte> _withheld;

        public ReadOnlyMemory<byte> For(MemberStay stay)
        {
            var showsTarget = Sight.ShowsTarget(stored, stay);
            ref var frame = ref showsTarget ? ref _whole : ref _withheld;
            if (frame.IsEmpty) frame = Encode(showsTarget);
            return frame;
        }

        private ReadOnlyMemory<byte> Encode(bool showsTarget)
        {
            var body = content is ContentFate.Erased ? null : HistoryRowsBuilder.ContentOf(stored.Record);
            return FrameBytes.Of(EventFrames.Of(stored, body, showsTarget));
        }
    }
}
