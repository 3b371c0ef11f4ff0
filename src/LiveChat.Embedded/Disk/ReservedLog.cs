using LiveChat.Core.Log;
using LiveChat.Core.Nodes;

namespace LiveChat.Embedded.Disk;

/// <summary>
/// A log elsewhere whose records are stored on a disk of this machine. While that disk is short of room it refuses
/// appends: what it took would have to be stored. Everything else goes on. Any thread.
/// </summary>
internal sealed class ReservedLog(IMessageLog inner, DiskReserve reserve) : IMessageLog
{
    public int Partitions => inner.Partitions;

    public bool HasClock => inner.HasClock;

    /// <summary>The state in which appends are refused.</summary>
    public RefusingState State => new(DiskReserve.StateName, reserve.Refusal);

    public ValueTask<Appended> AppendAsync(
        int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken) =>
        reserve.Refusal() is { } refusal
            ? throw new LogUnavailableException(refusal)
            : inner.AppendAsync(partition, record, cancellationToken);

    public ValueTask<IReadOnlyList<LogEntry>> ReadAgainAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken) =>
        inner.ReadAgainAsync(partition, after, bytesMax, cancellationToken);

    public ValueTask<IReadOnlyDictionary<int, LogRange>> RangesAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken) =>
        inner.RangesAsync(partitions, cancellationToken);

    public ValueTask<IReadOnlyDictionary<int, Position>> FirstSinceAsync(
        IReadOnlyDictionary<int, long> timesMs, CancellationToken cancellationToken) =>
        inner.FirstSinceAsync(timesMs, cancellationToken);

    public ValueTask TrimAsync(
        IReadOnlyDictionary<int, Position> through, CancellationToken cancellationToken) =>
        inner.TrimAsync(through, cancellationToken);

    /// <summary>Whoever opened the log disposes of it.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
