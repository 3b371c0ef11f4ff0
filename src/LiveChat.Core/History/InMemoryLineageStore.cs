namespace LiveChat.Core.History;

/// <summary>The twin in memory, for tests and the simulator. Any thread; the lock keeps the starts.</summary>
/// <param name="renew">Makes another epoch where history keeps it.</param>
internal sealed class InMemoryLineageStore(Action renew) : ILineageStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, StoreStart> _starts = [];

    public ValueTask<IReadOnlyList<StoreStart>> ReadStartsAsync(CancellationToken cancellationToken)
    {
        lock (_lock) return ValueTask.FromResult<IReadOnlyList<StoreStart>>([.. _starts.Values]);
    }

    public ValueTask WriteStartAsync(
        StoreStart start, IReadOnlyList<ulong> forgotten, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _starts[start.Id] = start;
            foreach (var id in forgotten) _starts.Remove(id);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask RenewEpochAsync(CancellationToken cancellationToken)
    {
        renew();
        return ValueTask.CompletedTask;
    }
}
