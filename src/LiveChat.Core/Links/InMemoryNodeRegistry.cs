namespace LiveChat.Core.Links;

/// <summary>The twin in memory. <c>name → entry, time of its sign</c>. Any thread; one lock.</summary>
internal sealed class InMemoryNodeRegistry(TimeProvider time) : INodeRegistry
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (NodeEntry Entry, long SignedAt)> _entries = [];
    private int _rules;

    public ValueTask SignAsync(NodeEntry mine, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(mine.Name, out var former)
                && former.Entry.Incarnation != mine.Incarnation
                && time.GetElapsedTime(former.SignedAt) <= NodeEntry.LiveFor)
                throw new NodeNameInUseException($"The name {mine.Name} is in use by a live node.");
            _entries[mine.Name] = (mine, time.GetTimestamp());
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<NodeEntry>> ReadAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<NodeEntry>>(
            [
                .. _entries.Values.Select(one => one.Entry with { Age = time.GetElapsedTime(one.SignedAt) }),
            ]);
    }

    public ValueTask LeaveAsync(string name, ulong incarnation, CancellationToken cancellationToken)
    {
        lock (_lock)
            if (_entries.TryGetValue(name, out var former) && former.Entry.Incarnation == incarnation)
                _entries.Remove(name);
        return ValueTask.CompletedTask;
    }

    public ValueTask<int> RulesInUseAsync(CancellationToken cancellationToken)
    {
        lock (_lock) return ValueTask.FromResult(_rules);
    }

    public ValueTask<bool> RaiseRulesAsync(int from, int to, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(to, from);
        lock (_lock)
        {
            if (_rules != from) return ValueTask.FromResult(false);
            _rules = to;
            return ValueTask.FromResult(true);
        }
    }
}
