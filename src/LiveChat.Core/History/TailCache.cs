using System.Diagnostics.CodeAnalysis;
using LiveChat.Core.Log;
using LiveChat.Core.Sequencing;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History;

/// <summary>
/// The events that delivery handed over lately, per chat a run without a hole, for reads above history's head. When
/// it is full the oldest event of all goes first. Delivery-workers add (for one chat one at a time), sessions read;
/// the lock keeps the runs and the order of age in step. Events are immutable; an erasure puts an emptied copy in
/// the place of the target.
/// </summary>
internal sealed class TailCache
{
    /// <summary>What is kept on one node unless told otherwise: some seconds of a node's full load.</summary>
    public const long DefaultBytesMax = 64 * 1024 * 1024;

    // An event without its record: objects, list slot, queue slot; measured at 310 to 340 bytes.
    private const int OverheadBytes = 340;

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

    /// <summary>Takes the next event of a chat. A repeated one is left out; behind a hole a new run begins.</summary>
    public void Add(SequencedEvent chatEvent)
    {
        var after = chatEvent.After;
        var bytes = chatEvent.Record.CalculateSize() + OverheadBytes;
        lock (_lock)
        {
            if (!_runs.TryGetValue(after.Chat, out var run)) _runs.Add(after.Chat, run = new Run());
            if (run.Count > 0 && after.Seq <= run.Last) return;
            if (run.Count > 0 && after.Seq > run.Last + 1) run.Clear();
            run.Add(chatEvent);
            if (chatEvent.Record.BodyCase == Record.BodyOneofCase.Delete)
                run.Erase((long)chatEvent.Record.Target.Seq);
            _byAge.Enqueue((after.Chat, after.Seq, bytes));
            _bytes += bytes;
            Shrink();
        }
    }

    /// <summary>The highest seq of the chat that was handed over and is still here; 0 for none.</summary>
    public long Highest(ChatId chat)
    {
        lock (_lock)
            return _runs.TryGetValue(chat, out var run) && run.Count > 0 ? run.Last : 0;
    }

    /// <summary>The events behind <paramref name="seq"/>, when there is none missing between.</summary>
    public IReadOnlyList<SequencedEvent> After(ChatId chat, long seq)
    {
        lock (_lock)
            return _runs.TryGetValue(chat, out var run) ? run.After(seq) : [];
    }

    /// <summary>One event.</summary>
    public bool TryGet(ChatId chat, long seq, [NotNullWhen(true)] out SequencedEvent? chatEvent)
    {
        lock (_lock)
        {
            chatEvent = _runs.TryGetValue(chat, out var run) ? run.Find(seq) : null;
            return chatEvent is not null;
        }
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

    /// <summary>Consecutive events of a chat; the front is dropped by moving a mark, compacted now and then.</summary>
    private sealed class Run
    {
        private readonly List<SequencedEvent?> _events = [];
        private int _front;

        public int Count => _events.Count - _front;

        public long Last => _events[^1]!.After.Seq;

        private long First => _events[_front]!.After.Seq;

        public void Add(SequencedEvent chatEvent) => _events.Add(chatEvent);

        public void Clear()
        {
            _events.Clear();
            _front = 0;
        }

        public SequencedEvent? Find(long seq) =>
            Count > 0 && seq >= First && seq <= Last ? _events[IndexOf(seq)] : null;

        public IReadOnlyList<SequencedEvent> After(long seq) =>
            Count > 0 && seq + 1 >= First && seq < Last
                ? [.. _events.Skip(IndexOf(seq + 1)).OfType<SequencedEvent>()]
                : [];

        public void DropThrough(long seq)
        {
            while (Count > 0 && First <= seq) _events[_front++] = null;
            if (_front < 64 || _front < _events.Count / 2) return;
            _events.RemoveRange(0, _front);
            _front = 0;
        }

        /// <summary>Removes the content of a message and of the edits on it.</summary>
        public void Erase(long target)
        {
            for (var i = _front; i < _events.Count; i++)
            {
                var chatEvent = _events[i]!;
                var record = chatEvent.Record;
                var isTarget = record.BodyCase == Record.BodyOneofCase.Message && chatEvent.After.Seq == target;
                var isEdit = record.BodyCase == Record.BodyOneofCase.Edit && (long)record.Target.Seq == target;
                if (!isTarget && !isEdit) continue;
                var emptied = record.Clone();
                if (isTarget) emptied.Message.Body = null;
                else emptied.Edit.Body = null;
                _events[i] = chatEvent with { Record = emptied };
            }
        }

        private int IndexOf(long seq) => _front + (int)(seq - First);
    }
}
