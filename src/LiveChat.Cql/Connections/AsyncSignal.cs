using System.Threading.Tasks.Sources;

namespace LiveChat.Cql.Connections;

/// <summary>
/// Wakes one waiting loop; a signal without a waiter is kept, several of them are one. Any thread signals, one loop
/// waits. The waiter goes on in the thread pool, never inside of <see cref="Set"/>: behind whatever is in the pool's
/// common queue, so that the writer loop sends what several callers have appended in one write. From the thread's own
/// queue, which is last in, first out, it would run before them and send each request alone.
/// </summary>
internal sealed class AsyncSignal : IValueTaskSource, IThreadPoolWorkItem
{
    private const int Idle = 0;
    private const int Waiting = 1;
    private const int Signalled = 2;

    private ManualResetValueTaskSourceCore<bool> _core;
    private int _state;

    public void Set()
    {
        if (Interlocked.Exchange(ref _state, Signalled) != Waiting) return;
        Volatile.Write(ref _state, Idle);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>For the thread pool: the waiter goes on in this thread.</summary>
    public void Execute() => _core.SetResult(true);

    /// <summary>Completes at once when a signal is kept. Called by one loop only, one call at a time.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Signalled) == Signalled) return ValueTask.CompletedTask;
        _core.Reset();
        return Interlocked.CompareExchange(ref _state, Waiting, Idle) == Idle
            ? new ValueTask(this, _core.Version)
            : TakeKept();
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private ValueTask TakeKept()
    {
        Volatile.Write(ref _state, Idle);
        return ValueTask.CompletedTask;
    }
}
