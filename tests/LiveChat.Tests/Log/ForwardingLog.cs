using LiveChat.Core.Log;

namespace LiveChat.Tests.Log;

/// <summary>A log that does what another one does, but for what a test changes.</summary>
internal abstract class ForwardingLog(IMessageLog inner) : IWaitingLog
{
    private readonly IWaitingLog _inner = (IWaitingLog)inner;

    public int Partitions => _inner.Partitions;

    public virtual bool HasClock => _inner.HasClock;

    public virtual ValueTask<Appended> AppendAsync(
        int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken) =>
        _inner.AppendAsync(partition, record, cancellationToken);

    public virtual ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken) =>
        _inner.ReadAsync(partition, after, bytesMax, cancellationToken);

    public ValueTask<IReadOnlyList<LogEntry>> ReadAgainAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken) =>
        _inner.ReadAgainAsync(partition, after, bytesMax, cancellationToken);

    public virtual ValueTask<IReadOnlyDictionary<int, LogRange>> RangesAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken) =>
        _inner.RangesAsync(partitions, cancellationToken);

    public ValueTask<IReadOnlyDictionary<int, Position>> FirstSinceAsync(
        IReadOnlyDictionary<int, long> timesMs, CancellationToken cancellationToken) =>
        _inner.FirstSinceAsync(timesMs, cancellationToken);

    public virtual ValueTask TrimAsync(
        IReadOnlyDictionary<int, Position> through, CancellationToken cancellationToken) =>
        _inner.TrimAsync(through, cancellationToken);

    public virtual ValueTask CommitAsync(
        string group, IReadOnlyDictionary<int, Position> processed, CancellationToken cancellationToken) =>
        _inner.CommitAsync(group, processed, cancellationToken);

    public virtual ValueTask<IReadOnlyDictionary<int, Position>> CommittedAsync(
        string group, IReadOnlyCollection<int> partitions, CancellationToken cancellationToken) =>
        _inner.CommittedAsync(group, partitions, cancellationToken);

    public virtual ValueTask DisposeAsync() => _inner.DisposeAsync();
}
