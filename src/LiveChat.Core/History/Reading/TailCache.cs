using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using Kind = LiveChat.Core.Log.Record.BodyOneofCase;

namespace LiveChat.Core.History.Reading;

/// <summary>
/// The events that delivery handed over lately, per chat a run without a hole, for reads above history's head. When
/// it is full the oldest event of all goes first. Delivery-workers add (for one chat one at a time), sessions read;
/// the lock keeps the runs and the order of age in step. Kept as bytes: an event lives here for seconds, and a graph
/// of a dozen objects that survives so long costs the garbage collector more than the encoding does. An erasure puts
/// an emptied copy in the place of the target, and the deletion of a chat forgets all that came before it.
/// </summary>
internal sealed class TailCache
{
    /// <summary>What is kept on one node unless told otherwise: some seconds of a node's full load.</summary>
    public const long DefaultBytesMax = 64 * 1024 * 1024;

    /// <summary>What an event takes besides its bytes: the array's header, list slot and queue slot, with what
    /// doubling leaves unused of both.</summary>
    public const int OverheadBytes = 128;

    private readonly Lock _lock = new();
    private readonly Dictionary<ChatId, Run> _runs = [];
    private readonly Queue<(ChatId Chat, long Seq, int Bytes)> _byAge = new();
    private readonly long _bytesMax;
    private long _bytes;

    public TailCache(long bytesMax = DefaultBytesMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytesMax);
        _bytesMax = bytesMax;
    }

    /// <summary>What it takes of the memory, at most what it was given.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock) return _bytes;
        }
    }

    /// <summary>Takes the next event of a chat, with its content. A repeated one is left out; behind a hole a new run
    /// begins.</summary>
    public void Add(StoredEvent whole)
    {
        var (chat, seq) = (new ChatId(whole.Record.Chat), (long)whole.Seq);
        var kept = Kept.Of(whole);
        var bytes = kept.Bytes.Length + OverheadBytes;
        lock (_lock)
        {
            if (!_runs.TryGetValue(chat, out var run)) _runs.Add(chat, run = new Run());
            if (run.Count > 0 && seq <= run.Last) return;
            if (run.Count == 0 || seq > run.Last + 1 || kept.Kind == Kind.ChatDeleted) run.Begin(seq);
            run.Add(kept);
            if (kept.Kind == Kind.Delete) run.Erase(kept.Target);
            _byAge.Enqueue((chat, seq, bytes));
            _bytes += bytes;
            Shrink();
        }
    }

    /// <summary>Forgets the chat: something may have been erased that is still here.</summary>
    public void Empty(ChatId chat)
    {
        lock (_lock) _runs.Remove(chat); // What is left of it in the queue goes with its age.
    }

    /// <summary>The highest seq of the chat that was handed over and is still here; 0 for none.</summary>
    public long Highest(ChatId chat)
    {
        lock (_lock)
            return _runs.TryGetValue(chat, out var run) && run.Count > 0 ? run.Last : 0;
    }

    /// <summary>The events behind <paramref name="seq"/>, when there is none missing between.</summary>
    public IReadOnlyList<StoredEvent> After(ChatId chat, long seq)
    {
        Kept[] found;
        lock (_lock)
            found = _runs.TryGetValue(chat, out var run) ? run.After(seq) : [];
        return Array.ConvertAll(found, static kept => kept.Open());
    }

    /// <summary>One event.</summary>
    public bool TryGet(ChatId chat, long seq, [NotNullWhen(true)] out StoredEvent? whole)
    {
        Kept? found;
        lock (_lock)
            found = _runs.TryGetValue(chat, out var run) ? run.Find(seq) : null;
        whole = found?.Open();
        return whole is not null;
    }

    private void Shrink()
    {
        while (_bytes > _bytesMax && _byAge.TryDequeue(out var oldest))
        {
            _bytes -= oldest.Bytes;
            if (!_runs.TryGetValue(oldest.Chat, out var run)) continue;
            run.DropThrough(oldest.Seq);
            if (run.Count == 0) _runs.Remove(oldest.Chat);
        }
    }

    /// <summary>An event as it is kept, with what an erasure looks for.</summary>
    private readonly record struct Kept(byte[] Bytes, Kind Kind, long Target)
    {
        public static Kept Of(StoredEvent whole)
        {
            var bytes = new byte[whole.CalculateSize()];
            whole.WriteTo(bytes.AsSpan());
            return new Kept(bytes, whole.Record.BodyCase, (long)(whole.Record.Target?.Seq ?? 0));
        }

        public StoredEvent Open() => StoredEvent.Parser.ParseFrom(Bytes);

        public Kept Emptied()
        {
            var whole = Open();
            if (Kind == Kind.Message) whole.Record.Message.Body = null;
            else whole.Record.Edit.Body = null;
            return Of(whole);
        }
    }

    /// <summary>Consecutive events of a chat; the front is dropped by moving a mark, compacted now and then.</summary>
    private sealed class Run
    {
        private readonly List<Kept> _events = [];
        private int _front;
        private long _first;

        public int Count => _events.Count - _front;

        public long Last => _first + Count - 1;

        public void Begin(long first)
        {
            _events.Clear();
            (_front, _first) = (0, first);
        }

        public void Add(Kept kept) => _events.Add(kept);

        public Kept? Find(long seq) => seq >= _first && seq <= Last ? _events[IndexOf(seq)] : null;

        public Kept[] After(long seq) =>
            seq + 1 >= _first && seq < Last ? [.. _events[IndexOf(seq + 1)..]] : [];

        public void DropThrough(long seq)
        {
            for (; Count > 0 && _first <= seq; _first++) _events[_front++] = default;
            if (_front < 64 || _front < _events.Count / 2) return;
            _events.RemoveRange(0, _front);
            _front = 0;
        }

        /// <summary>Removes the content of a message and of the edits on it.</summary>
        public void Erase(long target)
        {
            for (var i = _front; i < _events.Count; i++)
            {
                var kept = _events[i];
                var isTarget = kept.Kind == Kind.Message && i == IndexOf(target);
                if (isTarget || (kept.Kind == Kind.Edit && kept.Target == target)) _events[i] = kept.Emptied();
            }
        }

        private int IndexOf(long seq) => _front + (int)(seq - _first);
    }
}
