using LiveChat.Cql.Errors;

namespace LiveChat.Cql.Connections;

/// <summary>
/// The streams of one connection: which are free, who waits for the answer on which, and who waits for a free one. A
/// request that was given up leaves an orphan on its stream, which is free again only when the answer has come: an
/// answer can never reach another request than its own. All members may be called by any thread; one lock keeps "free,
/// taken or orphaned" true for each stream. Nothing is completed under the lock except waiters, whose continuations run
/// elsewhere.
/// </summary>
internal sealed class StreamTable(int streamsMax, int waitingMax)
{
    private static readonly PendingRequest Orphan = new();

    private readonly Lock _lock = new();
    private readonly PendingRequest?[] _pending = new PendingRequest?[streamsMax];
    private readonly Stack<short> _free = Fill(streamsMax);
    private readonly Queue<StreamWait> _waiting = new();
    private int _abandonedWaits;
    private Exception? _closed;

    public int OrphanCount { get; private set; }

    /// <summary>Requests whose caller still waits.</summary>
    public int AwaitedCount
    {
        get
        {
            lock (_lock) return streamsMax - _free.Count - OrphanCount;
        }
    }

    /// <summary>Streams that are taken, orphans included.</summary>
    public int TakenCount
    {
        get
        {
            lock (_lock) return streamsMax - _free.Count;
        }
    }

    /// <summary>
    /// Takes a free stream, or gives a task that will. Throws <see cref="CqlBusyException"/> when too many wait, or why
    /// the connection was closed. A task that is given up goes to <see cref="GiveUp"/>.
    /// </summary>
    public StreamWait? Take(out short stream)
    {
        lock (_lock)
        {
            if (_closed is { } closed) throw NotSent(closed);
            if (_free.TryPop(out stream)) return null;
            if (_waiting.Count - _abandonedWaits >= waitingMax) throw new CqlBusyException(waitingMax);
            var source = new StreamWait();
            _waiting.Enqueue(source);
            return source;
        }
    }

    /// <summary>
    /// A wait from <see cref="Take"/> has ended otherwise: it no longer counts, and a late stream goes on.
    /// </summary>
    public void GiveUp(StreamWait wait)
    {
        lock (_lock)
        {
            if (wait.TrySetCanceled())
            {
                _abandonedWaits++;
                if (_abandonedWaits > 1024 && _abandonedWaits > _waiting.Count / 2) DropAbandoned();
                return;
            }

            if (wait.Task.IsCompletedSuccessfully) ReleaseLocked(wait.Stream);
        }
    }

    /// <summary>Puts a request on its stream. Throws why, when the connection was closed meanwhile.</summary>
    public void Add(PendingRequest request)
    {
        lock (_lock)
        {
            if (_closed is { } closed) throw NotSent(closed);
            _pending[request.Stream] = request;
        }
    }

    /// <summary>Takes back a request that was never sent, given up meanwhile or not.</summary>
    public void Withdraw(PendingRequest request)
    {
        lock (_lock)
        {
            var pending = _pending[request.Stream];
            if (pending is null) return; // closed
            if (pending == Orphan) OrphanCount--;
            _pending[request.Stream] = null;
            ReleaseLocked(request.Stream);
        }
    }

    /// <summary>
    /// The answer on a stream has come: frees it. False when nobody asked on it; a null request means that whoever
    /// asked has given up.
    /// </summary>
    public bool TryAnswer(short stream, out PendingRequest? request)
    {
        request = null;
        if (stream < 0 || stream >= streamsMax) return false;
        lock (_lock)
        {
            var pending = _pending[stream];
            if (pending is null) return false;
            _pending[stream] = null;
            if (pending == Orphan) OrphanCount--;
            else request = pending;
            ReleaseLocked(stream);
            return true;
        }
    }

    /// <summary>Gives a request up: true when its answer had not come, and then the caller fails it.</summary>
    public bool TryOrphan(PendingRequest request)
    {
        lock (_lock)
        {
            if (_pending[request.Stream] != request) return false;
            _pending[request.Stream] = Orphan;
            OrphanCount++;
            return true;
        }
    }

    /// <summary>Gives up and collects all requests whose deadline has passed.</summary>
    public void TakeExpired(long now, List<PendingRequest> expired)
    {
        lock (_lock)
        {
            if (_free.Count == streamsMax) return;
            for (var stream = 0; stream < _pending.Length; stream++)
            {
                if (_pending[stream] is not { } request || request == Orphan || request.Deadline > now) continue;
                _pending[stream] = Orphan;
                OrphanCount++;
                expired.Add(request);
            }
        }
    }

    /// <summary>
    /// Refuses everything from now on and hands out all that waits for an answer. Waits end with the reason.
    /// </summary>
    public List<PendingRequest> Close(Exception reason)
    {
        var requests = new List<PendingRequest>();
        lock (_lock)
        {
            if (_closed is not null) return requests;
            _closed = reason;
            for (var stream = 0; stream < _pending.Length; stream++)
            {
                if (_pending[stream] is { } request && request != Orphan) requests.Add(request);
                _pending[stream] = null;
            }

            while (_waiting.TryDequeue(out var source)) source.TrySetException(NotSent(reason));
        }

        return requests;
    }

    public void Release(short stream)
    {
        lock (_lock) ReleaseLocked(stream);
    }

    private void DropAbandoned()
    {
        for (var count = _waiting.Count; count > 0; count--)
        {
            var source = _waiting.Dequeue();
            if (!source.Task.IsCompleted) _waiting.Enqueue(source);
        }

        _abandonedWaits = 0;
    }

    private static CqlConnectionException NotSent(Exception reason) =>
        new($"The connection is closed: {reason.Message}", isOutcomeUnknown: false, reason) { WasSent = false };

    private void ReleaseLocked(short stream)
    {
        while (_waiting.TryDequeue(out var source))
        {
            source.Stream = stream;
            if (source.TrySetResult(stream)) return;
            _abandonedWaits--;
        }

        _free.Push(stream);
    }

    private static Stack<short> Fill(int count)
    {
        var free = new Stack<short>(count);
        for (var stream = count - 1; stream >= 0; stream--) free.Push((short)stream);
        return free;
    }
}
