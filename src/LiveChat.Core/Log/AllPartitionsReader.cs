namespace LiveChat.Core.Log;

/// <summary>A group of one member, which is assigned all partitions at once and keeps them until it ends.</summary>
internal sealed class AllPartitionsReader(IWaitingLog log, string group) : IPartitionReader
{
    private readonly CancellationTokenSource _revoked = new();

    public async Task RunAsync(IPartitionOwner owner, CancellationToken cancellationToken)
    {
        int[] all = [.. Enumerable.Range(0, log.Partitions)];
        await owner.AssignAsync(all, cancellationToken);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (cancellationToken.UnsafeRegister(
            static end => ((TaskCompletionSource)end!).TrySetResult(), ended))
            await ended.Task;
        await owner.RevokeAsync(all, isLost: false, CancellationToken.None);
        _revoked.Cancel(); // Not CancelAsync, which leaves the context for the thread pool.
    }

    public async ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _revoked.Token);
        return await log.ReadAsync(partition, after, bytesMax, either.Token);
    }

    public ValueTask CommitAsync(
        IReadOnlyDictionary<int, Position> processed, CancellationToken cancellationToken) =>
        log.CommitAsync(group, processed, cancellationToken);

    public ValueTask<IReadOnlyDictionary<int, Position>> CommittedAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken) =>
        log.CommittedAsync(group, partitions, cancellationToken);

    public ValueTask DisposeAsync()
    {
        _revoked.Dispose();
        return ValueTask.CompletedTask;
    }
}
