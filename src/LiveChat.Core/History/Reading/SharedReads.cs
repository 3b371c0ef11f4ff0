using LiveChat.Core.Timing;

namespace LiveChat.Core.History.Reading;

/// <summary>
/// Makes identical concurrent reads one read. The key must name everything that the answer depends on, also the
/// moment (a head): who asks later than a write must not join a read from before it. Each waiter has its own
/// cancellation; the read itself goes on for the others and is bounded by the store's time-out. Any thread.
/// </summary>
internal sealed class SharedReads<TKey, TValue>
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, Task<TValue>> _underWay = [];

    public ValueTask<TValue> ReadAsync(
        TKey key, Func<TKey, ValueTask<TValue>> read, CancellationToken cancellationToken)
    {
        TaskCompletionSource<TValue> answer;
        lock (_lock)
        {
            if (_underWay.TryGetValue(key, out var joined))
                return new ValueTask<TValue>(joined.InContextAsync().WaitAsync(cancellationToken));
            answer = new TaskCompletionSource<TValue>(TaskCreationOptions.RunContinuationsAsynchronously);
            _underWay.Add(key, answer.Task);
        }

        return LeadAsync(key, read, answer);
    }

    private async ValueTask<TValue> LeadAsync(
        TKey key, Func<TKey, ValueTask<TValue>> read, TaskCompletionSource<TValue> answer)
    {
        try
        {
            var value = await read(key);
            Forget(key);
            answer.SetResult(value);
            return value;
        }
        catch (Exception failure)
        {
            Forget(key);
            answer.SetException(failure);
            _ = answer.Task.Exception;
            throw;
        }
    }

    private void Forget(TKey key)
    {
        lock (_lock)
            _underWay.Remove(key);
    }
}
