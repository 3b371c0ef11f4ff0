namespace LiveChat.Core.Links;

/// <summary>The twin in memory. Any thread; one lock.</summary>
internal sealed class InMemoryRevocationTable : IRevocationTable
{
    private readonly Lock _lock = new();
    private readonly List<Revocation> _rows = [];

    public ValueTask WriteAsync(Revocation revocation, CancellationToken cancellationToken)
    {
        lock (_lock) _rows.Add(revocation);
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<Revocation>> ReadSinceAsync(long timeMs, CancellationToken cancellationToken)
    {
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<Revocation>>(_rows.FindAll(row => row.TimeMs >= timeMs));
    }
}
