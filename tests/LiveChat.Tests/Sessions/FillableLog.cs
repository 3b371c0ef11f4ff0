using LiveChat.Core.Log;
using LiveChat.Tests.Log;

namespace LiveChat.Tests.Sessions;

/// <summary>A log whose disk can be filled: it refuses appends then, and goes on reading. Or it can break: then it does
/// nothing any more, and readers that wait are told.</summary>
internal sealed class FillableLog(IMessageLog inner) : ForwardingLog(inner)
{
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsFull { get; set; }

    /// <summary>Nobody answers: appends, ranges, commits and trims are refused.</summary>
    public bool IsAway { get; set; }

    /// <summary>Appends are taken and never end.</summary>
    public bool IsSilent { get; set; }

    public void Break() => _broken.TrySetException(new LogFailedException("The log's store failed: a test broke it."));

    public override ValueTask<Appended> AppendAsync(
        int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken) =>
        _broken.Task.IsCompleted ? throw new LogFailedException("The log's store failed: a test broke it.")
        : IsSilent ? new ValueTask<Appended>(new TaskCompletionSource<Appended>().Task)
        : IsAway ? throw Away()
        : IsFull
            ? throw new LogUnavailableException("The disk is nearly full.")
            : base.AppendAsync(partition, record, cancellationToken);

    public override ValueTask<IReadOnlyDictionary<int, LogRange>> RangesAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken) =>
        IsAway ? throw Away() : base.RangesAsync(partitions, cancellationToken);

    public override ValueTask TrimAsync(
        IReadOnlyDictionary<int, Position> through, CancellationToken cancellationToken) =>
        IsAway ? throw Away() : base.TrimAsync(through, cancellationToken);

    public override ValueTask CommitAsync(
        string group, IReadOnlyDictionary<int, Position> processed, CancellationToken cancellationToken) =>
        IsAway ? throw Away() : base.CommitAsync(group, processed, cancellationToken);

    public override ValueTask<IReadOnlyDictionary<int, Position>> CommittedAsync(
        string group, IReadOnlyCollection<int> partitions, CancellationToken cancellationToken) =>
        IsAway ? throw Away() : base.CommittedAsync(group, partitions, cancellationToken);

    public override async ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken)
    {
        var read = base.ReadAsync(partition, after, bytesMax, cancellationToken).AsTask();
        if (await Task.WhenAny(read, _broken.Task) == _broken.Task) await _broken.Task;
        return await read;
    }

    private static LogUnavailableException Away() => new("The log's brokers are away.");
}
