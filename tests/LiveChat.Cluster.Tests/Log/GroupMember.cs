using System.Collections.Concurrent;
using System.Text;
using LiveChat.Cluster.Log;
using LiveChat.Core.Log;
using Xunit;

namespace LiveChat.Cluster.Tests.Log;

/// <summary>A member of a group that reads what the test asks for.</summary>
internal sealed class GroupMember : IPartitionOwner, IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lazy<Task> _run;

    public GroupMember(KafkaMessageLog log, string group)
    {
        Reader = log.ReaderOf(group);
        _run = new Lazy<Task>(() => Reader.RunAsync(this, _stop.Token));
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>What a test wrote into the record.</summary>
    public static string Text(LogEntry entry) => Encoding.UTF8.GetString(entry.Bytes.Span);

    public IPartitionReader Reader { get; }

    /// <summary>What the owner does before it begins with partitions.</summary>
    public Func<Task> BeforeAssign { get; init; } = static () => Task.CompletedTask;

    public ConcurrentDictionary<int, Position> Assigned { get; } = [];

    public ConcurrentDictionary<int, Position> Starts { get; } = [];

    public async ValueTask<IReadOnlyDictionary<int, Position>> AssignAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        await BeforeAssign();
        var starts = await Reader.CommittedAsync(partitions, cancellationToken);
        foreach (var (partition, start) in starts) Starts[partition] = Assigned[partition] = start;
        return starts;
    }

    public ValueTask RevokeAsync(
        IReadOnlyCollection<int> partitions, bool isLost, CancellationToken cancellationToken)
    {
        foreach (var partition in partitions) Assigned.TryRemove(partition, out _);
        return ValueTask.CompletedTask;
    }

    public async Task UntilAsync(Func<GroupMember, bool> isSo)
    {
        Assert.False(_run.Value.IsFaulted, $"{_run.Value.Exception}");
        using var limit = new CancellationTokenSource(Patience);
        while (!isSo(this)) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
    }

    public async Task<List<string>> ReadAsync(int partition, int count) =>
        [.. (await EntriesAsync(partition, count)).Select(Text)];

    public async Task<List<LogEntry>> EntriesAsync(int partition, int count)
    {
        await UntilAsync(owner => owner.Assigned.ContainsKey(partition));
        var entries = new List<LogEntry>();
        while (entries.Count < count)
        {
            var read = await Reader.ReadAsync(partition, Assigned[partition], 1 << 20, Stop).AsTask()
                .WaitAsync(Patience);
            entries.AddRange(read);
            Assigned[partition] = read[^1].Position;
        }

        return entries;
    }

    public Task CommitReadAsync(int partition) =>
        Reader.CommitAsync(new Dictionary<int, Position> { [partition] = Assigned[partition] }, Stop).AsTask();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run.Value.WaitAsync(Patience);
        await Reader.DisposeAsync();
        _stop.Dispose();
    }
}
