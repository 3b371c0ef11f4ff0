namespace LiveChat.Core.Timing;

/// <summary>
/// Waiting that goes on in the context of who waits. The task of a completion source that runs its continuations
/// asynchronously sends <c>WaitAsync</c>, <c>WhenAny</c>, <c>WhenAll</c> and <c>AsTask</c> through the thread pool: a
/// needless hop, and the end of the simulator's one order. Through a method of our own the completion is posted
/// straight to the context: <c>source.Task.InContextAsync().WaitAsync(…)</c>.
/// </summary>
internal static class Waiting
{
    extension(Task task)
    {
        public async Task InContextAsync() => await task;
    }

    extension<T>(Task<T> task)
    {
        public async Task<T> InContextAsync() => await task;
    }

    extension<T>(ValueTask<T> task)
    {
        public async Task<T> InContextAsync() => await task;
    }
}
