namespace LiveChat.Core.Links;

/// <summary>The twin in memory. <c>(time, id) → row</c>. Any thread; one lock.</summary>
internal sealed class InMemoryRevocationTable : IRevocationTable
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<(long TimeMs, Guid Id), Revocation> _rows = [];

    public ValueTask WriteAsync(Revocation revocation, CancellationToken cancellationToken)
    {
        lock (_lock) _rows[(revocation.TimeMs, revocation.Id)] = revocation;
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<Revocation>> ReadSinceAsync(long timeMs, CancellationToken cancellationToken)
    {
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<Revocation>>(
                [.. _rows.Values.Where(row => row.TimeMs >= timeMs)]);
    }
}
