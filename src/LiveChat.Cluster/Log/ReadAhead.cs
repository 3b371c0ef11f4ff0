using LiveChat.Core.Log;

namespace LiveChat.Cluster.Log;

/// <summary>
/// What one partition has read ahead of its worker. The group's thread puts and looks whether it is above its bound,
/// one reader takes; the lock keeps the queue and the wait.
/// </summary>
internal sealed class ReadAhead
{
    private readonly Lock _lock = new();
    private readonly Queue<LogEntry> _entries = new();
    private TaskCompletionSource? _waiting;
    private Exception? _end;
    private int _bytes;

    public int Bytes
    {
        get
        {
            lock (_lock) return _bytes;
        }
    }

    public void Put(LogEntry entry)
    {
        lock (_lock)
        {
            if (_end is not null) return;
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

    /// <summary>Waits for at least one record behind the position; no more than fit into the bytes, except that the
    /// first always does.</summary>
    public async ValueTask<IReadOnlyList<LogEntry>> TakeAsync(
        Position after, int bytesMax, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task waiting;
            lock (_lock)
            {
                if (Take(after, bytesMax) is { Count: > 0 } taken) return taken;
                if (_end is not null) throw _end;
                _waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                waiting = _waiting.Task;
            }

            await waiting.WaitAsync(cancellationToken);
        }
    }

    private List<LogEntry> Take(Position after, int bytesMax)
    {
        var taken = new List<LogEntry>();
        var bytes = 0;
        while (_entries.TryPeek(out var next) && (taken.Count == 0 || bytes + next.Bytes.Length <= bytesMax))
        {
            _entries.Dequeue();
            _bytes -= SizeOf(next);
            if (next.Position <= after) continue; // Fetched twice.
            bytes += next.Bytes.Length;
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
