using System.Collections.Concurrent;
using LiveChat.Core.Log;

namespace LiveChat.Tests.Log;

/// <summary>A group's view of a log in memory, whose partitions come and go as a test says.</summary>
internal sealed class MovableReader(IWaitingLog log, string group) : IPartitionReader
{
    private readonly ConcurrentDictionary<int, CancellationTokenSource> _assigned = new();
    private readonly TaskCompletionSource<IPartitionOwner> _owner =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What was committed, request by request.</summary>
    public ConcurrentQueue<IReadOnlyDictionary<int, Position>> Commits { get; } = [];

    /// <summary>The coordinator does not answer.</summary>
    public bool IsAway { get; set; }

    /// <summary>A partition that cannot be read: its loop stops.</summary>
    public int? Trimmed { get; set; }

    public async Task RunAsync(IPartitionOwner owner, CancellationToken cancellationToken)
    {
        _owner.SetResult(owner);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (cancellationToken.UnsafeRegister(
            static end => ((TaskCompletionSource)end!).TrySetResult(), ended))
            await ended.Task;
        await RevokeAsync(isLost: false, [.. _assigned.Keys]);
    }

    public async Task AssignAsync(params int[] partitions)
    {
        foreach (var partition in partitions) _assigned[partition] = new CancellationTokenSource();
        await (await _owner.Task).AssignAsync(partitions, CancellationToken.None);
    }

    public async Task RevokeAsync(bool isLost, params int[] partitions)
    {
        await (await _owner.Task).RevokeAsync(partitions, isLost, CancellationToken.None);
        foreach (var partition in partitions)
            if (_assigned.TryRemove(partition, out var ended)) await ended.CancelAsync();
    }

    public async ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken)
    {
        if (!_assigned.TryGetValue(partition, out var revoked)) throw new OperationCanceledException();
        if (partition == Trimmed) throw new LogTrimmedException("The records are away.");
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, revoked.Token);
        return await log.ReadAsync(partition, after, bytesMax, either.Token);
    }

    public ValueTask CommitAsync(
        IReadOnlyDictionary<int, Position> processed, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        Commits.Enqueue(processed);
        return log.CommitAsync(group, processed, cancellationToken);
    }

    public ValueTask<IReadOnlyDictionary<int, Position>> CommittedAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        return log.CommittedAsync(group, partitions, cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void ThrowIfAway()
    {
        if (IsAway) throw new LogUnavailableException("The coordinator does not answer.");
    }
}
