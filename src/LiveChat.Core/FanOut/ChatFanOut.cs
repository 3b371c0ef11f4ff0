using LiveChat.Core.History;
using LiveChat.Core.Ingest;
using LiveChat.Core.Log;
using LiveChat.Core.Sequencing;
using LiveChat.Core.Sessions;
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
    TypingBoard typing) : IDeliverySink
{
    public void Deliver(SequencedEvent chatEvent)
    {
        var whole = HistoryRowsBuilder.WholeOf(chatEvent);
        tails.Add(whole);
        var removed = RemovedBy(chatEvent);
        if (removed is not null) typing.Forget(chatEvent.After.Chat);
        if (chatEvent.After.Pull) Announce(chatEvent.After, removed);
        else Push(whole, chatEvent.After, removed);
    }

    public void Answer(Record record, DeliveryAnswer answer) => pending.Complete(record, answer);

    /// <summary>Says the head of a pull chat to its members on this node.</summary>
    public void SayHead(ChatState state)
    {
        foreach (var member in state.Roster.Members)
            foreach (var session in sessions.Of(member.User))
                session.Outbox.PostHead(state.Chat, state.Seq, state.N);
    }

    private void Push(StoredEvent chatEvent, ChatState after, UserId? removed)
    {
        var target = (long)(chatEvent.Record.Target?.Seq ?? 0);
        var whole = ReadOnlyMemory<byte>.Empty;
        var withheld = ReadOnlyMemory<byte>.Empty;
        foreach (var member in after.Roster.Members)
        {
            var devices = sessions.Of(member.User);
            if (devices.IsEmpty) continue;
            if (target == 0 || member.FromSeq <= target)
            {
                if (whole.IsEmpty) whole = Encode(chatEvent, withContent: true);
                Post(devices, whole, after);
            }
            else
            {
                if (withheld.IsEmpty) withheld = Encode(chatEvent, withContent: false);
                Post(devices, withheld, after);
            }
        }

        if (removed is { } gone && sessions.Of(gone) is { IsEmpty: false } left)
            Post(left, whole.IsEmpty ? Encode(chatEvent, withContent: true) : whole, after);
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

    private static void Post(ReadOnlySpan<Session> devices, ReadOnlyMemory<byte> frame, ChatState after)
    {
        foreach (var session in devices) session.Outbox.PostEvent(frame, after.Chat, after.Seq, after.N);
    }

    private static ReadOnlyMemory<byte> Encode(StoredEvent chatEvent, bool withContent) =>
        FrameBytes.Of(EventFrames.Of(chatEvent, withContent));
}
