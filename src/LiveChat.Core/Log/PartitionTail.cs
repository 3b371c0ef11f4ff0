using System.Diagnostics.CodeAnalysis;

namespace LiveChat.Core.Log;

/// <summary>
/// One partition as its readers see it: its bounds, its most recent records in memory, and who waits for the next.
/// Only durable records come in here, so no reader can see another. Any thread calls any member; the lock keeps
/// bounds, ring and waiters in step, is held for work in memory only, and no continuation runs under it.
/// </summary>
internal sealed class PartitionTail
{
    /// <summary>The first position of a log that was never moved.</summary>
    public static readonly Position First = Position.Create(generation: 1, offset: 0);

    private const int RingLengthMin = 16;

    private readonly Lock _lock = new();
    private readonly int _partition;
    private readonly long _bytesMax;

    // The ring holds the records [_end - _count + 1, _end]; a record's slot is its offset modulo the length.
    private LogEntry[] _ring = new LogEntry[RingLengthMin];
    private int _count;
    private long _bytes;
    private Position _begin;
    private Position _end;
    private long _lastTimeMs;
    private TaskCompletionSource? _appended;
    private Func<Exception>? _stopped;

    /// <param name="partition">Its number, for messages.</param>
    /// <param name="bytesMax">How much is kept in memory; at least the last record always is.</param>
    /// <param name="bounds">What the partition holds.</param>
    /// <param name="lastTimeMs">The append time of the last record that it ever had.</param>
    /// <param name="recent">Its last records, up to the end of <paramref name="bounds"/>.</param>
    public PartitionTail(
        int partition, long bytesMax, LogRange bounds, long lastTimeMs, IReadOnlyList<LogEntry> recent)
    {
        _partition = partition;
        _bytesMax = bytesMax;
        _begin = bounds.Begin;
        _end = bounds.End;
        _lastTimeMs = lastTimeMs;
        foreach (var entry in recent)
        {
            Push(entry);
        }
    }

    public static PartitionTail Empty(int partition, long bytesMax) =>
        new(partition, bytesMax, new LogRange(First, Position.None), lastTimeMs: 0, []);

    public LogRange Range
    {
        get
        {
            lock (_lock)
            {
                ThrowIfStopped();
                return new LogRange(_begin, _end);
            }
        }
    }

    /// <summary>What it holds, also after it was stopped.</summary>
    public LogRange Bounds
    {
        get
        {
            lock (_lock)
            {
                return new LogRange(_begin, _end);
            }
        }
    }

    /// <summary>The append time of the last record that the partition ever had; 0 before any.</summary>
    public long LastTimeMs
    {
        get
        {
            lock (_lock)
            {
                return _lastTimeMs;
            }
        }
    }

    public static Position NextOf(Position end) => end < First ? First : end.Next;

    /// <summary>Takes records that have become durable, in order, and wakes the readers.</summary>
    public void Publish(ReadOnlySpan<LogEntry> entries)
    {
        TaskCompletionSource? appended;
        lock (_lock)
        {
            foreach (var entry in entries)
            {
                if (entry.Position != NextOf(_end))
                {
                    throw new InvalidOperationException(
                        $"Partition {_partition} ends at {_end} and was given the record {entry.Position}.");
                }

                _end = entry.Position;
                _lastTimeMs = entry.TimeMs;
                Push(entry);
            }

            appended = _appended;
            _appended = null;
        }

        appended?.SetResult();
    }

    /// <summary>
    /// Reads the records behind <paramref name="after"/> if they are in memory. If not, either
    /// <paramref name="appended"/> is a task that ends with the next append, or it is null and the records are older
    /// than what is in memory.
    /// </summary>
    public bool TryRead(
        Position after, int bytesMax, [NotNullWhen(true)] out IReadOnlyList<LogEntry>? entries, out Task? appended)
    {
        entries = null;
        appended = null;
        lock (_lock)
        {
            ThrowIfStopped();
            var wanted = NextOf(after);
            var next = NextOf(_end);
            if (wanted < _begin)
            {
                throw new LogTrimmedException(
                    $"Partition {_partition} begins at {_begin}; the record {wanted} was trimmed.");
            }

            if (wanted > next)
            {
                throw new LogTrimmedException(
                    $"Partition {_partition} ends at {_end}, below {after}: it is not the log that was read before.");
            }

            if (wanted == next)
            {
                _appended ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                appended = _appended.Task;
                return false;
            }

            var available = (int)Math.Min(_end.Value - wanted.Value + 1, int.MaxValue);
            if (available > _count)
            {
                return false;
            }

            entries = Collect(wanted, available, bytesMax);
            return true;
        }
    }

    /// <summary>Moves the beginning up to behind <paramref name="through"/>; false when it is there already.</summary>
    public bool Trim(Position through)
    {
        lock (_lock)
        {
            ThrowIfStopped();
            var begin = NextOf(through < _end ? through : _end);
            if (begin <= _begin)
            {
                return false;
            }

            _begin = begin;
            while (_count > 0 && Oldest < begin)
            {
                DropOldest();
            }

            return true;
        }
    }

    /// <summary>Everything in memory, oldest first.</summary>
    public IReadOnlyList<LogEntry> Recent()
    {
        lock (_lock)
        {
            return _count == 0 ? [] : Collect(Oldest, _count, int.MaxValue);
        }
    }

    /// <summary>Ends all reads, those that wait and those that come, with the given reason.</summary>
    public void Stop(Func<Exception> reason)
    {
        TaskCompletionSource? appended;
        lock (_lock)
        {
            _stopped ??= reason;
            appended = _appended;
            _appended = null;
        }

        // The woken readers look again and find the reason.
        appended?.SetResult();
    }

    private Position Oldest => new(_end.Value - _count + 1);

    private LogEntry[] Collect(Position from, int available, int bytesMax)
    {
        var bytes = 0L;
        var count = 0;
        for (; count < available; count++)
        {
            bytes += _ring[Slot(new Position(from.Value + count))].Bytes.Length;
            if (bytes > bytesMax && count > 0)
            {
                break;
            }
        }

        // At most two pieces: up to the end of the ring, and from its beginning on.
        var entries = new LogEntry[count];
        var first = Slot(from);
        var head = Math.Min(count, _ring.Length - first);
        Array.Copy(_ring, first, entries, 0, head);
        Array.Copy(_ring, 0, entries, head, count - head);
        return entries;
    }

    private void Push(LogEntry entry)
    {
        if (_count == _ring.Length)
        {
            Grow();
        }

        _ring[Slot(entry.Position)] = entry;
        _count++;
        _bytes += entry.Bytes.Length;
        while (_count > 1 && _bytes > _bytesMax)
        {
            DropOldest(entry.Position);
        }
    }

    private void DropOldest() => DropOldest(_end);

    private void DropOldest(Position newest)
    {
        ref var slot = ref _ring[Slot(new Position(newest.Value - _count + 1))];
        _bytes -= slot.Bytes.Length;
        slot = default;
        _count--;
    }

    private void Grow()
    {
        var ring = new LogEntry[_ring.Length * 2];
        foreach (var entry in _ring)
        {
            ring[entry.Position.Offset & (ring.Length - 1)] = entry;
        }

        _ring = ring;
    }

    private int Slot(Position position) => (int)(position.Offset & (_ring.Length - 1));

    private void ThrowIfStopped()
    {
        if (_stopped is { } reason)
        {
            throw reason();
        }
    }
}
