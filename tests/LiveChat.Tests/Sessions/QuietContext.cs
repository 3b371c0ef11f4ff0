using System.Runtime.ExceptionServices;

namespace LiveChat.Tests.Sessions;

/// <summary>
/// Runs what is begun in it on the thread pool, and knows when nothing of it is left to run: everything waits then, for
/// a timer or for somebody else. A test that moves the time waits for that before it moves it again, on a machine as
/// busy as it may be.
/// </summary>
internal sealed class QuietContext : SynchronizationContext
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Lock _lock = new();
    private TaskCompletionSource? _quiet;
    private Exception? _fault;
    private int _left;

    /// <summary>Begins something in the context.</summary>
    public T Run<T>(Func<T> begin)
    {
        var former = Current;
        SetSynchronizationContext(this);
        try
        {
            return begin();
        }
        finally
        {
            SetSynchronizationContext(former);
        }
    }

    /// <summary>Until nothing is left to run.</summary>
    public async Task QuietAsync()
    {
        Task quiet;
        lock (_lock)
        {
            if (_left > 0) _quiet ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            quiet = _quiet?.Task ?? Task.CompletedTask;
        }

        await quiet.WaitAsync(Patience, TimeProvider.System);
        if (_fault is { } fault) ExceptionDispatchInfo.Throw(fault);
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_lock) _left++;
        ThreadPool.UnsafeQueueUserWorkItem(_ => Call(d, state), null);
    }

    private void Call(SendOrPostCallback callback, object? state)
    {
        SetSynchronizationContext(this); // The pool takes it off its thread again.
        try
        {
            callback(state);
        }
        catch (Exception exception)
        {
            _fault ??= exception; // What nobody awaits.
        }

        lock (_lock)
        {
            if (--_left > 0) return;
            _quiet?.SetResult();
            _quiet = null;
        }
    }
}
