using LiveChat.Core.Log;

namespace LiveChat.Cluster.Log;

/// <summary>
/// What one partition has read ahead of its worker. Bounded in bytes: full means that the partition is fetched no
/// further until half of it is taken. The client's thread puts, one reader takes; the lock keeps the queue and the
/// wait.
/// </summary>
internal sealed class ReadAhead(int bytesMax)
{
    private readonly Lock _lock = new();
    private readonly Queue<LogEntry> _entries = new();
    private TaskCompletionSource? _waiting;
    private Exception? _end;
    private int _bytes;

    /// <summary>Whether fetching has been paused. Only the client's thread looks and sets.</summary>
    public bool IsPaused { get; set; }

    public bool IsFull
    {
        get
        {
            lock (_lock) return _bytes >= bytesMax;
        }
    }

    public bool HasRoom
    {
        get
        {
            lock (_lock) return _bytes < bytesMax / 2;
        }
    }

    public void Put(LogEntry entry)
    {
        lock (_lock)
        {
            _entries.Enqueue(entry);
            _bytes += SizeOf(entry);
            Wake();
        }
    }

    /// <summary>Ends the reader once what is in it was taken.</summary>
    public void Fail(Exception end)
    {
        lock (_lock)
        {
            _end ??= end;
            Wake();
        }
    }

    /// <summary>Drops what is in it: the partition was revoked.</summary>
    public void Revoke()
    {
        lock (_lock)
        {
            _entries.Clear();
            _bytes = 0;
            _end = new OperationCanceledException("The partition was revoked.");
            Wake();
        }
    }

    /// <summary>Waits for at least one record; no more than fit into the bytes, except that the first always does.
    /// </summary>
    public async ValueTask<IReadOnlyList<LogEntry>> TakeAsync(
        Position after, int max, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task waiting;
            lock (_lock)
            {
                if (_entries.Count > 0) return Take(after, max);
                if (_end is not null) throw _end;
                _waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                waiting = _waiting.Task;
            }

            await waiting.WaitAsync(cancellationToken);
        }
    }

    private List<LogEntry> Take(Position after, int max)
    {
        var taken = new List<LogEntry>();
        var bytes = 0;
        while (_entries.TryPeek(out var next) && (taken.Count == 0 || bytes + SizeOf(next) <= max))
        {
            _entries.Dequeue();
            _bytes -= SizeOf(next);
            if (next.Position <= after) continue; // Fetched twice.
            bytes += SizeOf(next);
            taken.Add(next);
        }

        return taken;
    }

    private void Wake()
    {
        _waiting?.TrySetResult();
        _waiting = null;
    }

    private static int SizeOf(LogEntry entry) => entry.Bytes.Length + 64;
}
