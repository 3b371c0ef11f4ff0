namespace LiveChat.Core.Ids;

/// <summary>The twin in memory, for tests and the simulator. <c>id → row</c>. Any thread; one lock.</summary>
internal sealed class InMemoryNodeIdStore(TimeProvider time) : INodeIdStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, NodeIdRow> _rows = [];

    public ValueTask<IReadOnlyList<NodeIdRow>> ReadAllAsync(CancellationToken cancellationToken)
    {
        lock (_lock) return ValueTask.FromResult<IReadOnlyList<NodeIdRow>>([.. _rows.Values]);
    }

    public ValueTask<NodeIdRow?> ReadAsync(int id, CancellationToken cancellationToken)
    {
        lock (_lock) return ValueTask.FromResult(_rows.GetValueOrDefault(id));
    }

    public ValueTask<bool> TryReplaceAsync(NodeIdRow? former, NodeIdRow row, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_rows.GetValueOrDefault(row.Id) != former) return ValueTask.FromResult(false);
            _rows[row.Id] = row;
            return ValueTask.FromResult(true);
        }
    }

    public ValueTask<long> ReadTimeMsAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult(time.GetUtcNow().ToUnixTimeMilliseconds());
}
