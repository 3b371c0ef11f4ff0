using LiveChat.Protocol.Frames;

namespace LiveChat.Client;

/// <summary>A command that waits for its answer. Completed by the reading task, awaited by who asked.</summary>
internal sealed class PendingAnswer(CancellationTokenSource timer)
{
    private readonly TaskCompletionSource<ServerFrame?> _answer =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The answer; null when the connection ended first.</summary>
    public Task<ServerFrame?> Task => _answer.Task;

    /// <summary>The server has the command safe: the time-out is off.</summary>
    public void WaitWithoutEnd()
    {
        try
        {
            timer.CancelAfter(Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // Who asked has given up in this moment.
        }
    }

    public void Complete(ServerFrame answer) => _answer.TrySetResult(answer);

    /// <summary>The connection ended. A value, since a caller who gave up observes no exception.</summary>
    public void Lose() => _answer.TrySetResult(null);
}

/// <summary>The connection ended before the answer came; the command is sent again on the next one.</summary>
internal sealed class ConnectionLostException() : Exception("The connection was lost.");
