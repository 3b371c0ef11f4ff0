using System.Threading.Tasks.Sources;
using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Connections;

/// <summary>
/// A request that waits for its answer. The caller awaits it once; the answer loop, the sweep or a cancellation
/// completes it once: which of them, the stream table decides under its lock. The caller goes on in the thread pool,
/// or, where the answer loop says so, in the thread that completes it. The request is its own work item, in the pool's
/// common queue and not in that of the thread, which is last in, first out: so what callers send next is all there
/// when the writer loop, signalled by the first of them, comes to its turn behind them.
/// </summary>
internal sealed class PendingRequest : IValueTaskSource<Response>, IThreadPoolWorkItem
{
    private ManualResetValueTaskSourceCore<Response> _core;
    private Response _response;

    /// <summary>The stream that it is on; the table frees it when the answer comes.</summary>
    public short Stream { get; set; }

    /// <summary>When it is given up, as a time stamp of the time provider.</summary>
    public long Deadline { get; set; }

    public TimeSpan Timeout { get; set; }

    /// <summary>Losing the answer loses knowledge: anything but a read.</summary>
    public bool IsWrite { get; set; }

    public ValueTask<Response> Task => new(this, _core.Version);

    public void Complete(in Response response, bool isInline)
    {
        _response = response;
        if (isInline) Execute();
        else ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>For the thread pool: the caller goes on in this thread.</summary>
    public void Execute()
    {
        var response = _response;
        _response = default;
        _core.RunContinuationsAsynchronously = false;
        _core.SetResult(response);
    }

    public void Fail(Exception exception)
    {
        _core.RunContinuationsAsynchronously = true;
        _core.SetException(exception);
    }

    public void Reset() => _core.Reset();

    Response IValueTaskSource<Response>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Response>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<Response>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
