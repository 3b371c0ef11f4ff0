using LiveChat.Core.Log;

namespace LiveChat.Tests.Log;

/// <summary>A log that does what another one does, but for what a test changes.</summary>
internal abstract class ForwardingLog(IMessageLog inner) : IMessageLog
{
    public int Partitions => inner.Partitions;

    public virtual ValueTask<Appended> AppendAsync(
        int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken) =>
        inner.AppendAsync(partition, record, cancellationToken);

    public virtual ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken) =>
        inner.ReadAsync(partition, after, bytesMax, cancellationToken);

    public virtual ValueTask<LogRange> RangeAsync(int partition, CancellationToken cancellationToken) =>
        inner.RangeAsync(partition, cancellationToken);

    public ValueTask CommitAsync(
        string group, int partition, Position position, CancellationToken cancellationToken) =>
        inner.CommitAsync(group, partition, position, cancellationToken);

    public ValueTask<Position> CommittedAsync(string group, int partition, CancellationToken cancellationToken) =>
        inner.CommittedAsync(group, partition, cancellationToken);

    public ValueTask TrimAsync(int partition, Position through, CancellationToken cancellationToken) =>
        inner.TrimAsync(partition, through, cancellationToken);

    public virtual ValueTask DisposeAsync() => inner.DisposeAsync();
}
