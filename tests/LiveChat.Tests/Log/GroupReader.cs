using System.Collections.Concurrent;
using LiveChat.Core.Log;

namespace LiveChat.Tests.Log;

/// <summary>A member of a group that begins where the group has committed, and reads what a test asks for.</summary>
internal sealed class GroupReader : IPartitionOwner, IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _assigned = new();
    private readonly ConcurrentDictionary<int, Position> _after = new();
    private readonly Task _run;

    public GroupReader(IPartitionReader reader)
    {
        Reader = reader;
        _run = reader.RunAsync(this, _stop.Token);
    }

    public IPartitionReader Reader { get; }

    /// <summary>What was taken away, and whether it was lost.</summary>
    public ConcurrentDictionary<int, bool> Revoked { get; } = new();

    public async ValueTask<IReadOnlyDictionary<int, Position>> AssignAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        var starts = await Reader.CommittedAsync(partitions, cancellationToken);
        foreach (var (partition, start) in starts)
        {
            _after[partition] = start;
            Assigned(partition).TrySetResult();
        }

        return starts;
    }

    public ValueTask RevokeAsync(
        IReadOnlyCollection<int> partitions, bool isLost, CancellationToken cancellationToken)
    {
        foreach (var partition in partitions) Revoked[partition] = isLost;
        return ValueTask.CompletedTask;
    }

    /// <summary>The next records of the partition, once it is assigned; waits for at least one.</summary>
    public async Task<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, int bytesMax = 1 << 20, CancellationToken cancellationToken = default)
    {
        await Assigned(partition).Task.WaitAsync(Patience, cancellationToken);
        var read = await Reader.ReadAsync(partition, _after[partition], bytesMax, cancellationToken);
        _after[partition] = read[^1].Position;
        return read;
    }

    public async Task CommitAsync(int partition, Position position)
    {
        await Assigned(partition).Task.WaitAsync(Patience);
        await Reader.CommitAsync(new Dictionary<int, Position> { [partition] = position }, CancellationToken.None);
    }

    public async Task<Position> CommittedAsync(int partition) =>
        (await Reader.CommittedAsync([partition], CancellationToken.None))[partition];

    /// <summary>Leaves the group.</summary>
    public async Task EndAsync()
    {
        await _stop.CancelAsync();
        await _run.WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        await Reader.DisposeAsync();
        _stop.Dispose();
    }

    private TaskCompletionSource Assigned(int partition) => _assigned.GetOrAdd(
        partition, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
