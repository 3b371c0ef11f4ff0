using LiveChat.Core.Log;

namespace LiveChat.Tests.Sessions;

/// <summary>A log whose disk can be filled: it refuses appends then, and goes on reading.</summary>
internal sealed class FillableLog(IMessageLog inner) : IMessageLog
{
    public bool IsFull { get; set; }

    public int Partitions => inner.Partitions;

    public ValueTask<Appended> AppendAsync(
        int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken) =>
        IsFull
            ? throw new LogUnavailableException("The disk is nearly full.")
            : inner.AppendAsync(partition, record, cancellationToken);

    public ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken) =>
        inner.ReadAsync(partition, after, bytesMax, cancellationToken);

    public ValueTask<LogRange> RangeAsync(int partition, CancellationToken cancellationToken) =>
        inner.RangeAsync(partition, cancellationToken);

    public ValueTask CommitAsync(
        string group, int partition, Position position, CancellationToken cancellationToken) =>
        inner.CommitAsync(group, partition, position, cancellationToken);

    public ValueTask<Position> CommittedAsync(string group, int partition, CancellationToken cancellationToken) =>
        inner.CommittedAsync(group, partition, cancellationToken);

    public ValueTask TrimAsync(int partition, Position through, CancellationToken cancellationToken) =>
        inner.TrimAsync(partition, through, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
