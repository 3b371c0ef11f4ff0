using System.Text;
using LiveChat.Loads.Sockets;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Loads.Chats;

/// <summary>
/// A device of LiveChat in one chat, which keeps the events of the chat without a hole: by pushes, and behind a head by
/// pages. A push that leaves a hole must have a head before it.
/// </summary>
/// <param name="line">Its session.</param>
/// <param name="chat">The chat's id.</param>
/// <param name="users">The members' ids, in the order of their devices.</param>
/// <param name="time">The clock, for the keys of messages.</param>
internal sealed class LiveChatDevice(
    ILightLine line, string chat, IReadOnlyList<string> users, TimeProvider time) : LoadDevice(line)
{
    /// <summary>The number of every command that is not a message of the load.</summary>
    private const uint OtherCommand = uint.MaxValue;

    private const int UnansweredPullsMax = 100;

    private readonly byte[] _chatMark = Encoding.UTF8.GetBytes($"\"chat\":\"{chat}\"");

    private readonly byte[][] _senderMarks =
        [.. users.Select(static user => Encoding.UTF8.GetBytes($"\"sender\":\"{user}\""))];

    /// <summary>Every event up to here has come; 0 before the first one.</summary>
    private long _held;

    /// <summary>The highest event that a head or a push has named.</summary>
    private long _wanted;

    /// <summary>The highest event that a page has brought: the push of such an event comes too late, and rightly.
    /// </summary>
    private long _paged;

    private bool _isPulling;
    private int _emptyPulls;

    protected override byte[] FrameOf(long number, string text) => LightSocket.Message(new MessageSend
    {
        Id = checked((uint)number),
        Chat = chat,
        ClientId = ClientId.New(time.GetUtcNow()).ToString(),
        Body = new MessageBody { Text = text },
    });

    protected override void Take(ReadOnlySpan<byte> message)
    {
        foreach (var range in message.Split((byte)'\n'))
        {
            var frame = message[range];
            if (frame.StartsWith("{\"type\":\"message.created\""u8)) TakePush(frame);
            else if (frame.StartsWith("{\"type\":\"ack\""u8)) Acknowledged(NumberBehind(frame, "\"re\":"u8));
            else if (!frame.IsEmpty) TakeOther(frame);
        }
    }

    private void TakePush(ReadOnlySpan<byte> frame)
    {
        var seq = NumberBehind(frame, "\"seq\":"u8);
        if (!IsNext(seq)) return;
        var rest = frame;
        if (LoadText.TryTake(ref rest, out var text)) Check(seq, text, frame);
        else if (frame.IndexOf(ChatOpening.Greeting) < 0) Faults.Alter();
    }

    private void TakeOther(ReadOnlySpan<byte> frame)
    {
        switch (JsonFrames.ReadServerFrame(frame).Frame)
        {
            case ChatEvent happened:
                IsNext(happened.Seq);
                break;
            case ChatHeadFrame head:
                _wanted = Math.Max(_wanted, head.Seq);
                PullIfBehind();
                break;
            case Page page:
                TakePage(page);
                break;
            case ErrorFrame { Re: OtherCommand, Problem: { Retryable: true, Code: not ErrorCode.RateLimited } }:
                NotePulled(isEmpty: true);
                break;
            case ErrorFrame error:
                throw LoadException.Refused(error.Problem);
        }
    }

    /// <summary>Whether a pushed event is the one behind those that have come.</summary>
    private bool IsNext(long seq)
    {
        if (seq == _held + 1 || _held == 0)
        {
            _held = seq;
            return true;
        }

        if (seq <= _paged) return false;
        if (seq <= _held)
        {
            Faults.Repeat();
            return false;
        }

        if (seq > Math.Max(_held, _wanted) + 1) Faults.Disorder();
        _wanted = Math.Max(_wanted, seq);
        PullIfBehind();
        return false;
    }

    private void TakePage(Page page)
    {
        var held = _held;
        foreach (var item in page.Items)
        {
            if (item.Seq <= _held) continue; // It was pushed meanwhile.
            if (_held > 0 && item.Seq != _held + 1) Faults.Disorder();
            (_held, _paged) = (item.Seq, item.Seq);
            if (item is not MessageCreated message) continue;
            var said = Encoding.UTF8.GetBytes(message.Body?.Text ?? "");
            if (said.AsSpan().SequenceEqual(ChatOpening.GreetingText)) continue;
            var text = said is [(byte)'@', .. var rest] ? LoadText.Read(rest) : null;
            if (text is { } whole && (message.Chat != chat || !IsOf(message.Sender, whole))) Faults.Misattribute();
            Delivered(item.Seq, text);
        }

        NotePulled(isEmpty: _held == held);
    }

    private void Check(long seq, LoadText? text, ReadOnlySpan<byte> frame)
    {
        if (text is { } whole
            && (whole.Sender >= _senderMarks.Length
                || frame.IndexOf(_senderMarks[whole.Sender]) < 0
                || frame.IndexOf(_chatMark) < 0))
        {
            Faults.Misattribute();
        }

        Delivered(seq, text);
    }

    private bool IsOf(string sender, LoadText text) => text.Sender < users.Count && users[text.Sender] == sender;

    private void NotePulled(bool isEmpty)
    {
        _isPulling = false;
        _emptyPulls = isEmpty ? _emptyPulls + 1 : 0;
        if (_emptyPulls > UnansweredPullsMax)
            throw LoadException.NotTaken($"History of chat {chat} does not show event {_wanted}");
        PullIfBehind();
    }

    private void PullIfBehind()
    {
        if (_isPulling || _held >= _wanted) return;
        _isPulling = true;
        Send(LightSocket.Message(new HistoryGet
        {
            Id = OtherCommand,
            Chat = chat,
            AfterSeq = _held,
            Limit = Limits.PageItemsMax,
            View = HistoryViews.Events,

            // History waits for it up to a second: the next try comes no sooner.
            MinSeq = _emptyPulls > 0 ? _wanted : null,
        }));
    }
}
