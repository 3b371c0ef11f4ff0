using LiveChat.Core.Log;

namespace LiveChat.Tests.Sessions;

/// <summary>A log whose disk can be filled: it refuses appends then, and goes on reading. Or it can break: then it does
/// nothing any more, and readers that wait are told.</summary>
internal sealed class FillableLog(IMessageLog inner) : IMessageLog
{
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsFull { get; set; }

    public void Break() => _broken.TrySetException(new LogFailedException("The log's store failed: a test broke it."));

    public int Partitions => inner.Partitions;

    public ValueTask<Appended> AppendAsync(
        int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken) =>
        _broken.Task.IsCompleted ? throw new LogFailedException("The log's store failed: a test broke it.")
        : IsFull
            ? throw new LogUnavailableException("The disk is nearly full.")
            : inner.AppendAsync(partition, record, cancellationToken);

    public async ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken)
    {
        var read = inner.ReadAsync(partition, after, bytesMax, cancellationToken).AsTask();
        if (await Task.WhenAny(read, _broken.Task) == _broken.Task) await _broken.Task;
        return await read;
    }

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
