namespace LiveChat.Core.Workers;

/// <summary>
/// How many may read at the same time; who comes when it is full waits in the order of coming. In place of
/// <see cref="SemaphoreSlim"/>, whose waiters go on through the thread pool: here the one who leaves hands its slot
/// straight to the context of the next. Any thread; the lock keeps the free slots and the queue, which is as long as
/// its callers let it be (records that wait, chats of one batch).
/// </summary>
internal sealed class ReadSlots(int count)
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private int _free = count;

    /// <summary>Takes a slot that is free now.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_free == 0) return false;
            _free--;
            return true;
        }
    }

    public async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TaskCompletionSource turn;
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return;
            }

            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn);
        }

        using (cancellationToken.UnsafeRegister(
            static (waiting, token) => ((TaskCompletionSource)waiting!).TrySetCanceled(token), turn))
            await turn.Task;
    }

    /// <summary>Gives the slot to the first who still waits.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            while (_waiting.TryDequeue(out var next))
                if (next.TrySetResult())
                    return;
            _free++;
        }
    }
}
