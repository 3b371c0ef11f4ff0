namespace LiveChat.Tests.Simulation;

/// <summary>Wakes everybody who waits at the moment. Who waits looks again: a waking says nothing by itself.</summary>
internal sealed class Signal
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task NextAsync() => _next.Task;

    public void Set()
    {
        var waiting = _next;
        _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.SetResult();
    }
}
