using System.Collections.Immutable;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Measuring;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.FanOut;

/// <summary>
/// The gateway's half of the fan-out: turns hand-overs into frames for the sessions of this node. Push: the event is
/// encoded once per variant, and the same bytes go into every outbox. Pull: the event goes into the tail cache only,
/// and the sessions are told the head, at most every 250 ms. Called for one chat never twice at once; it never waits,
/// since outboxes are bounded and answer for themselves.
/// </summary>
internal sealed class NodeFanOut(
    SessionDirectory sessions, TailCache tails, PendingCommands pending, HeadCoalescer heads) : INodeLink
{
    private ImmutableArray<OpenSigns> _signs = [];

    /// <summary>The traces of messages.</summary>
    public MessageTraces Traces { get; init; } = MessageTraces.None;

    public ValueTask HandAsync(HandOver handOver, CancellationToken cancellationToken)
    {
        if (handOver.Event is { } handed) Show(handed);
        pending.Complete(handOver.Record, handOver.Chat, handOver.Answer);
        return ValueTask.CompletedTask;
    }

    /// <summary>An owner on another node shows its signs from here on.</summary>
    public void Begin(OpenSigns signs) =>
        ImmutableInterlocked.Update(ref _signs, static (all, one) => all.Add(one), signs);

    /// <summary>What the owner has shown ends with its call.</summary>
    public void End(OpenSigns signs)
    {
        ImmutableInterlocked.Update(ref _signs, static (all, one) => all.Remove(one), signs);
        signs.EndAll();
    }

    public void Sign(Sign sign)
    {
        foreach (var user in sign.Recipients)
            foreach (var session in sessions.Of(user))
            {
                var isPosted = sign.Ends
                    ? session.Outbox.TryPostEnd(sign.Frame)
                    : session.Outbox.TryPostEphemeral(sign.Frame);
                if (!isPosted && session.Outbox.Closed is null) sign.Missed?.Invoke();
            }
    }

    /// <summary>Says a head of the chat to the user's sessions.</summary>
    public void SayHead(UserId user, ChatId chat, long seq, long n)
    {
        foreach (var session in sessions.Of(user)) session.Outbox.PostHead(chat, seq, n);
    }

    /// <summary>Says the head of the chat to its members on this node.</summary>
    public void SayHead(HandedEvent handed)
    {
        foreach (var member in handed.Recipients.Span) SayHead(member.User, handed);
    }

    /// <summary>Shows an event to its recipients.</summary>
    /// <param name="handed">The event.</param>
    /// <param name="by">The signs of the owner that hands it over; null for this node's own. What other owners show in
    /// the chat ends with what is said there: they may have lost it, and not know yet.</param>
    public void Show(HandedEvent handed, OpenSigns? by = null)
    {
        if (handed.EndsTyping)
            foreach (var signs in _signs)
                if (signs != by) signs.End(handed.Chat);
        var span = Traces.Follow(handed.Stored.Record, MessageTraces.Deliver);
        tails.Add(handed.Stored);
        if (handed.IsPull) Announce(handed);
        else if (handed.Content is ContentFate.Unknown) SayHead(handed);
        else Push(new PushedEvent(handed), handed);
        span?.SetTag("livechat.recipients", handed.Recipients.Length);
        MessageTraces.End(span);
    }

    private void Push(PushedEvent pushed, HandedEvent handed)
    {
        foreach (var member in handed.Recipients.Span)
        {
            var devices = sessions.Of(member.User);
            if (!devices.IsEmpty) Post(devices, pushed.For(new MemberStay(member.FromSeq, null)), handed);
        }

        // A removal acts on no message: whoever is told of it sees all of it.
        if (handed.Removed is { } gone && sessions.Of(gone) is { IsEmpty: false } left)
            Post(left, pushed.For(new MemberStay(handed.Seq, handed.Seq)), handed);
    }

    /// <summary>Who is removed is told at once: later heads are not for them.</summary>
    private void Announce(HandedEvent handed)
    {
        if (handed.Removed is { } gone) SayHead(gone, handed);
        if (heads.TryBegin(handed)) SayHead(handed);
    }

    private void SayHead(UserId user, HandedEvent handed) => SayHead(user, handed.Chat, handed.Seq, handed.N);

    private static void Post(ReadOnlySpan<ConnectedDevice> devices, ReadOnlyMemory<byte> frame, HandedEvent handed)
    {
        foreach (var session in devices)
            session.Outbox.PostEvent(frame, handed.Chat, handed.Seq, handed.N, handed.IssuedAtMs);
    }

    /// <summary>An event on its way to the members' devices, encoded once for each way in which a stay shows it.
    /// </summary>
    private sealed class PushedEvent(HandedEvent handed)
    {
        private ReadOnlyMemory<byte> _whole;
        private ReadOnlyMemory<byte> _withheld;

        public ReadOnlyMemory<byte> For(MemberStay stay)
        {
            var showsTarget = Sight.ShowsTarget(handed.Stored, stay);
            ref var frame = ref showsTarget ? ref _whole : ref _withheld;
            if (frame.IsEmpty) frame = Encode(showsTarget);
            return frame;
        }

        private ReadOnlyMemory<byte> Encode(bool showsTarget)
        {
            var body = handed.Content is ContentFate.Erased
                ? null
                : HistoryRowsBuilder.ContentOf(handed.Stored.Record);
            return FrameBytes.Of(EventFrames.Of(handed.Stored, body, showsTarget));
        }
    }
}
