using System.Buffers;
using System.Diagnostics;
using System.Threading.Tasks.Sources;
using LiveChat.Core.Measuring;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Outboxes;

/// <summary>
/// What waits to be sent to one session, in order. Bounded in bytes and frames; full means: events become heads (one
/// per chat, which the client pulls behind), until everything is read. Answers are always taken, since their number
/// is bounded by the commands in flight and large ones wait for room first. Any thread posts, one reader takes; the
/// lock keeps the queue, the heads and the counts together, and nothing is called under it but their own methods.
/// </summary>
internal sealed class Outbox(OutboxOptions options, OutboxBudget budget, TimeProvider time) : IValueTaskSource
{
    private readonly Lock _lock = new();
    private readonly Queue<Item> _items = new();
    private Dictionary<ChatId, Head>? _heads;
    private Dictionary<ChatId, Receipt>? _ownMarks;
    private ToldHeads? _told;
    private TaskCompletionSource? _room;
    private bool _isWoken;

    /// <summary>The wait of the reader: used again and again, since each session has one for as long as it is there.
    /// </summary>
    private ManualResetValueTaskSourceCore<bool> _reader = new() { RunContinuationsAsynchronously = true };
    private bool _isReaderWaiting;

    private int _bytes;
    private long? _behindSince;

    private TaskCompletionSource? _closing;

    /// <summary>Why it was closed; what is in it is still read. Null while open.</summary>
    public CloseCode? Closed { get; private set; }

    /// <summary>Counts what goes through it; null for one that no device reads.</summary>
    public GatewayMeasures? Measures { get; init; }

    /// <summary>Whether the reader went before it was closed.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Called once when it is closed, by whoever closes it, and never under the lock. Not called by
    /// <see cref="Abandon"/>, whose caller knows.</summary>
    public Action<CloseCode>? OnClosed { get; set; }

    /// <summary>Done once it is closed.</summary>
    public Task Closing
    {
        get
        {
            lock (_lock)
            {
                if (Closed is not null) return Task.CompletedTask;
                _closing ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return _closing.Task;
            }
        }
    }

    /// <summary>The bytes in it.</summary>
    public int Bytes
    {
        get
        {
            lock (_lock) return _bytes;
        }
    }

    /// <summary>Whether it was full and has not been read empty since.</summary>
    public bool IsBehind
    {
        get
        {
            lock (_lock) return _behindSince is not null;
        }
    }

    /// <summary>Since when it has been behind; null when it is not.</summary>
    public long? BehindSince
    {
        get
        {
            lock (_lock) return _behindSince;
        }
    }

    /// <summary>Notes from now on of which seqs the session is told; null ends it.</summary>
    public void Watch(ToldHeads? told)
    {
        lock (_lock) _told = told;
    }

    /// <summary>Takes an event, or only the head that it leaves when there is no room.</summary>
    /// <param name="frame">The event.</param>
    /// <param name="chat">Its chat.</param>
    /// <param name="seq">Its number.</param>
    /// <param name="n">The number of messages up to it.</param>
    /// <param name="issuedAtMs">When its command came, Unix milliseconds; 0: it is not timed.</param>
    public void PostEvent(ReadOnlyMemory<byte> frame, ChatId chat, long seq, long n, long issuedAtMs = 0)
    {
        lock (_lock)
        {
            if (Closed is not null) return;
            _told?.Note(chat, seq);
            if (_behindSince is null && HasRoom(frame.Length))
            {
                Enqueue(frame, issuedAtMs);
                return;
            }

            _behindSince ??= time.GetTimestamp();
            if (TryEnqueueHead(chat, seq, n)) return;
        }

        Close(CloseCode.SlowConsumer);
    }

    /// <summary>Takes a head; one that waits already for the chat is raised where it stands.</summary>
    public void PostHead(ChatId chat, long seq, long n)
    {
        lock (_lock)
        {
            if (Closed is not null) return;
            _told?.Note(chat, seq);
            if (TryEnqueueHead(chat, seq, n)) return;
        }

        Close(CloseCode.SlowConsumer);
    }

    /// <summary>Takes the answer to a command, always. A problem is counted.</summary>
    public void Answer(ServerFrame frame)
    {
        if (frame is ErrorFrame error) Measures?.NoteTold(error.Problem.Code);
        PostAnswer(FrameBytes.Of(frame));
    }

    /// <summary>Takes an answer or a frame of the session itself, always.</summary>
    public void PostAnswer(ReadOnlyMemory<byte> frame)
    {
        lock (_lock)
        {
            if (Closed is null) Enqueue(frame);
        }
    }

    /// <summary>
    /// Takes what became of the user's own state by another device, always: nothing names it later, and how fast it
    /// changes is limited for each user. Without room for it the session is behind from now on, and is closed after the
    /// grace unless it has read everything by then; so a bounded number comes on top.
    /// </summary>
    public void PostOwn(ReadOnlyMemory<byte> frame)
    {
        lock (_lock)
        {
            if (Closed is not null) return;
            if (!HasRoom(frame.Length)) _behindSince ??= time.GetTimestamp();
            Enqueue(frame);
        }
    }

    /// <summary>
    /// Takes how far the user is in a chat, always. A mark that waits already for the chat is raised where it stands,
    /// so that at most one waits for each chat.
    /// </summary>
    public void PostOwnMark(ChatId chat, Receipt mark)
    {
        lock (_lock)
        {
            if (Closed is not null) return;
            _ownMarks ??= [];
            if (_ownMarks.TryGetValue(chat, out var waiting))
            {
                _ownMarks[chat] = Higher(waiting, mark);
                return;
            }

            if (_ownMarks.Count < options.HeadsMax)
            {
                _ownMarks.Add(chat, mark);
                Enqueue(new Item(default, chat, IsMark: true));
                return;
            }
        }

        Close(CloseCode.SlowConsumer);
    }

    /// <summary>Takes something that may get lost, while the outbox is less than half full.</summary>
    public bool TryPostEphemeral(ReadOnlyMemory<byte> frame)
    {
        lock (_lock)
        {
            var room = Closed is null && _behindSince is null && HasRoom(frame.Length + (options.BytesMax / 2));
            if (room) Enqueue(frame);
            return room;
        }
    }

    /// <summary>
    /// Takes the end of something that was shown, while there is any room. Without room the session is behind, so that
    /// no event can be read before the end of what it ends: the caller posts the end again before each event.
    /// </summary>
    /// <returns>False when there was no room.</returns>
    public bool TryPostEnd(ReadOnlyMemory<byte> frame)
    {
        lock (_lock)
        {
            if (Closed is not null) return false;
            if (_behindSince is null && HasRoom(frame.Length))
            {
                Enqueue(frame);
                return true;
            }

            // An empty outbox is not read, and would never catch up.
            if (_items.Count > 0) _behindSince ??= time.GetTimestamp();
            return false;
        }
    }

    /// <summary>Waits until less than half of the bytes are used, or the outbox is closed.</summary>
    public Task WaitForRoomAsync()
    {
        lock (_lock)
        {
            if (Closed is not null || _bytes < options.BytesMax / 2) return Task.CompletedTask;
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task;
        }
    }

    /// <summary>
    /// Takes nothing more but a goodbye. A slow consumer loses what is in it: its resume names it all.
    /// </summary>
    public void Close(CloseCode code, int? afterMs = null)
    {
        lock (_lock)
        {
            if (Closed is not null) return;
            if (code is CloseCode.SlowConsumer) Clear();
            if (code is not CloseCode.Normal) Enqueue(FrameBytes.Of(GoodbyeFrames.Create(code, afterMs)));
            Closed = code;
            Wake();
        }

        OnClosed?.Invoke(code);
    }

    /// <summary>Drops what is in it: nobody will read it.</summary>
    public void Abandon()
    {
        lock (_lock)
        {
            if (Closed is null) (Closed, IsLost) = (CloseCode.Normal, true);
            Clear();
            Wake();
        }
    }

    /// <summary>Ends the wait of the reader, now or the next one: the transport has something to say by itself.
    /// </summary>
    public void WakeReader()
    {
        lock (_lock)
        {
            _isWoken = true;
            EndWait();
        }
    }

    /// <summary>
    /// Waits until there is something to take, or the outbox is closed: closing is what ends the wait. One reader, who
    /// awaits it once and before the next call.
    /// </summary>
    public ValueTask WaitAsync()
    {
        lock (_lock)
        {
            Debug.Assert(!_isReaderWaiting, "The former wait has not ended.");
            var isWoken = _isWoken;
            _isWoken = false;
            if (isWoken || _items.Count > 0 || Closed is not null) return ValueTask.CompletedTask;
            _reader.Reset();
            _isReaderWaiting = true;
            return new ValueTask(this, _reader.Version);
        }
    }

    /// <summary>
    /// Moves frames, separated by line feeds, into the message: the first whatever its length, others while the
    /// message stays within <paramref name="bytesMax"/>.
    /// </summary>
    /// <returns>The number of frames; zero when there is nothing.</returns>
    public int Take(IBufferWriter<byte> message, int bytesMax)
    {
        var issuedAtMs = 0L;
        var frames = 0;
        lock (_lock)
        {
            var bytes = 0;
            while (_items.TryPeek(out var next))
            {
                var frame = FrameOf(next);
                if (frames > 0 && bytes + 1 + frame.Length > bytesMax) break;
                if (frames > 0) message.Write("\n"u8);
                message.Write(frame.Span);
                bytes += frame.Length + 1;
                frames++;
                if (issuedAtMs == 0) issuedAtMs = next.IssuedAtMs;
                Dequeue();
            }

            if (_items.Count == 0) _behindSince = null;
            if (_room is not null && _bytes < options.BytesMax / 2)
            {
                _room.TrySetResult();
                _room = null;
            }
        }

        if (issuedAtMs != 0) Measures?.NoteDelivery(issuedAtMs);
        return frames;
    }

    void IValueTaskSource.GetResult(short token) => _reader.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _reader.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _reader.OnCompleted(continuation, state, token, flags);

    private void EndWait()
    {
        if (!_isReaderWaiting) return;
        _isReaderWaiting = false;
        _reader.SetResult(true);
    }

    private bool HasRoom(int bytes) =>
        _bytes + bytes <= options.BytesMax && _items.Count < options.FramesMax && budget.HasRoom(bytes);

    private void Enqueue(ReadOnlyMemory<byte> frame, long issuedAtMs = 0)
    {
        Debug.Assert(!frame.IsEmpty, "An empty frame would be a head.");
        _bytes += frame.Length;
        budget.Add(frame.Length);
        Enqueue(new Item(frame, default, IsMark: false, issuedAtMs));
    }

    private void Enqueue(Item item)
    {
        _items.Enqueue(item);
        EndWait();
    }

    /// <summary>False when there are too many: the session is too slow.</summary>
    private bool TryEnqueueHead(ChatId chat, long seq, long n)
    {
        _heads ??= [];
        if (_heads.TryGetValue(chat, out var waiting))
        {
            if (waiting.Seq < seq) _heads[chat] = new Head(seq, n);
            return true;
        }

        if (_heads.Count >= options.HeadsMax) return false;
        _heads.Add(chat, new Head(seq, n));
        Enqueue(new Item(default, chat, IsMark: false));
        return true;
    }

    private ReadOnlyMemory<byte> FrameOf(Item item)
    {
        if (item.IsMark)
            return FrameBytes.Of(new Receipts { Chat = item.Chat.ToString(), Items = [_ownMarks![item.Chat]] });
        if (!item.IsHead) return item.Frame;
        var head = _heads![item.Chat];
        return FrameBytes.Of(new ChatHeadFrame { Chat = item.Chat.ToString(), Seq = head.Seq, N = head.N });
    }

    private static Receipt Higher(Receipt one, Receipt other) => one with
    {
        Delivered = Higher(one.Delivered, other.Delivered),
        Read = Higher(one.Read, other.Read),
        ReadN = Higher(one.ReadN, other.ReadN),
    };

    private static long? Higher(long? one, long? other) => one > other || other is null ? one : other;

    private void Dequeue()
    {
        var item = _items.Dequeue();
        if (item.IsMark) _ownMarks!.Remove(item.Chat);
        else if (item.IsHead) _heads!.Remove(item.Chat);
        _bytes -= item.Frame.Length;
        budget.Add(-item.Frame.Length);
    }

    private void Wake()
    {
        EndWait();
        _room?.TrySetResult();
        _closing?.TrySetResult();
    }

    private void Clear()
    {
        budget.Add(-_bytes);
        _bytes = 0;
        _items.Clear();
        (_heads, _ownMarks) = (null, null);
    }

    private readonly record struct Head(long Seq, long N);

    /// <summary>A frame, or the chat whose head or own mark is written when its turn comes.</summary>
    private readonly record struct Item(
        ReadOnlyMemory<byte> Frame, ChatId Chat, bool IsMark, long IssuedAtMs = 0)
    {
        public bool IsHead => Frame.IsEmpty && !IsMark;
    }
}
