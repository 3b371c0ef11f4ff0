using System.Collections.Concurrent;
using Confluent.Kafka;
using LiveChat.Core.Log;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Log;

/// <summary>
/// A member of a group, from joining to leaving. A thread of its own reads ahead for the partitions that it has, and
/// asks the owner when partitions come and go; the owner's answer has a limit, below the one after which the group
/// gives the partitions to another member.
/// </summary>
/// <remarks>
/// A partition whose worker is slow is paused, and fetched again from there when half of what was read ahead is taken.
/// Kafka's client throws away what it had fetched of a paused partition: at most one small fetch. The client offers a
/// queue for each partition, which would waste nothing, in C only.
/// </remarks>
internal sealed partial class KafkaMember
{
    private const int FetchBytesMax = 256 * 1024;
    private const int PartitionBytesMin = 64 * 1024;
    private static readonly TimeSpan PollFor = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LeaveWithin = TimeSpan.FromSeconds(20);

    private readonly KafkaClients _clients;
    private readonly KafkaHealth _health;
    private readonly string _group;
    private readonly IPartitionOwner _owner;
    private readonly ConcurrentDictionary<int, ReadAhead> _assigned;
    private readonly KafkaPositions _positions;
    private readonly ILogger _logger;
    private readonly IConsumer<Ignore, byte[]> _consumer;
    private readonly HashSet<int> _paused = [];
    private CancellationToken _stopping;
    private volatile bool _isOver;
    private volatile Exception? _failure;

    /// <param name="clients">The connections.</param>
    /// <param name="health">Told of what is refused.</param>
    /// <param name="group">The group.</param>
    /// <param name="owner">Who works on the partitions.</param>
    /// <param name="assigned">Filled here: what is read ahead, by partition.</param>
    public KafkaMember(
        KafkaClients clients,
        KafkaHealth health,
        string group,
        IPartitionOwner owner,
        ConcurrentDictionary<int, ReadAhead> assigned)
    {
        (_clients, _health, _group, _owner, _assigned) = (clients, health, group, owner, assigned);
        _positions = new KafkaPositions(clients.Options.Generation);
        _logger = clients.Loggers.CreateLogger<KafkaMember>();
        var config = clients.ConsumerConfig(group, group);
        config.GroupProtocol = GroupProtocol.Consumer;
        config.FetchWaitMaxMs = 500;
        config.MaxPartitionFetchBytes = FetchBytesMax;
        config.QueuedMaxMessagesKbytes = 32 * 1024;
        config.QueuedMinMessages = 1_000;
        _consumer = clients.Follow(new ConsumerBuilder<Ignore, byte[]>(config)
            .SetPartitionsAssignedHandler((_, partitions) => OnAssigned(partitions))
            .SetPartitionsRevokedHandler((_, partitions) => OnRevoked(partitions, isLost: false))
            .SetPartitionsLostHandler((_, partitions) => OnRevoked(partitions, isLost: true))
            .SetErrorHandler((_, error) => OnError(error))
            .SetLogHandler((_, line) => KafkaLog.Write(_logger, line))
            .Build());
    }

    /// <summary>Takes part until cancelled (null) or until it cannot go on (why); then it has left the group and all
    /// is revoked.</summary>
    public async Task<Exception?> RunAsync(CancellationToken cancellationToken)
    {
        _stopping = cancellationToken;
        var failure = await OnThreadAsync(Poll);
        try
        {
            await OnThreadAsync(Leave).WaitAsync(LeaveWithin, _clients.Time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            Abandoned(_logger, _group);
        }

        _isOver = true;
        await RevokeAsync([.. _assigned.Keys], isLost: true);
        return failure;
    }

    public void Commit(IEnumerable<TopicPartitionOffset> offsets) => _consumer.Commit(offsets);

    private static Task<T> OnThreadAsync<T>(Func<T> work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private Exception? Poll()
    {
        try
        {
            _consumer.Subscribe(_clients.Options.Topic);
            while (!_stopping.IsCancellationRequested && _failure is null) PollOnce();
        }
        catch (KafkaException e)
        {
            _failure = e;
        }

        return _stopping.IsCancellationRequested ? null : _failure;
    }

    private void PollOnce()
    {
        try
        {
            if (_consumer.Consume(PollFor) is { IsPartitionEOF: false } read) Put(read);
            if (_paused.Count > 0) Resume();
        }
        catch (ConsumeException e) when (!e.Error.IsFatal)
        {
            OnUnreadable(e);
        }
    }

    private bool Leave()
    {
        try
        {
            _consumer.Close(); // Calls back with what is left.
        }
        catch (Exception e) when (e is KafkaException or TimeoutException or OperationCanceledException)
        {
            Failed(_logger, _group, e.Message);
        }

        _clients.Forget(_consumer);
        _consumer.Dispose();
        return true;
    }

    private void Put(ConsumeResult<Ignore, byte[]> read)
    {
        if (!_assigned.TryGetValue(read.Partition, out var ahead)) return;
        ahead.Put(_positions.EntryOf(read, EndSeenMs(read)));
        if (ahead.Bytes < PartitionBytes()) return;
        _consumer.Pause([read.TopicPartition]);
        _paused.Add(read.Partition);
    }

    /// <summary>The end that the client knows is that of its last fetch, which is no earlier than the one that brought
    /// the record.</summary>
    private long EndSeenMs(ConsumeResult<Ignore, byte[]> read) =>
        _consumer.GetWatermarkOffsets(read.TopicPartition).High.Value == read.Offset.Value + 1
            ? _clients.Time.GetUtcNow().ToUnixTimeMilliseconds()
            : 0;

    /// <summary>Fetches on where there is room again.</summary>
    private void Resume()
    {
        foreach (var partition in _paused.ToArray())
        {
            if (_assigned.TryGetValue(partition, out var ahead))
            {
                if (ahead.Bytes >= PartitionBytes() / 2) continue;
                _consumer.Resume([new TopicPartition(_clients.Options.Topic, partition)]);
            }

            _paused.Remove(partition);
        }
    }

    /// <summary>What one partition may have read ahead: its share.</summary>
    private int PartitionBytes() =>
        Math.Max(PartitionBytesMin, _clients.Options.ReadAheadBytesMax / Math.Max(1, _assigned.Count));

    /// <summary>An owner that cannot begin does not throw into the client, which could not leave the group then: the
    /// partitions are taken, nothing is read, and the member leaves.</summary>
    private List<TopicPartitionOffset> OnAssigned(List<TopicPartition> partitions)
    {
        // The group protocol of Kafka 4 also says that a member gets nothing more for now.
        if (partitions.Count == 0) return [];
        var assigned = partitions.Select(static one => one.Partition.Value).ToArray();
        foreach (var partition in assigned) _assigned[partition] = new ReadAhead();
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping);
            limit.CancelAfter(AnswerWithin);
            var starts = Wait(async () => await _owner.AssignAsync(assigned, limit.Token));
            _health.Works(_group);
            return [.. assigned.Select(one =>
                new TopicPartitionOffset(_clients.Options.Topic, one, _positions.Behind(starts[one])))];
        }
        catch (Exception e) when (e is LogUnavailableException or LogTrimmedException or OperationCanceledException
            or TimeoutException)
        {
            _failure = e;
            return [.. partitions.Select(static one => new TopicPartitionOffset(one, Offset.End))];
        }
    }

    private void OnRevoked(List<TopicPartitionOffset> partitions, bool isLost)
    {
        if (_isOver) return;
        Wait(async () =>
        {
            await RevokeAsync([.. partitions.Select(static one => one.Partition.Value)], isLost);
            return true;
        });
    }

    /// <summary>The owner may still commit while it is asked; behind it the partitions give nothing more.</summary>
    private async Task RevokeAsync(int[] partitions, bool isLost)
    {
        partitions = [.. partitions.Where(_assigned.ContainsKey)];
        if (partitions.Length == 0) return;
        try
        {
            using var limit = new CancellationTokenSource(LeaveWithin, _clients.Time);
            await _owner.RevokeAsync(partitions, isLost, limit.Token).AsTask()
                .WaitAsync(LeaveWithin, _clients.Time, CancellationToken.None);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException or LogUnavailableException)
        {
            Failed(_logger, _group, e.Message);
        }

        foreach (var partition in partitions)
            if (_assigned.TryRemove(partition, out var ahead))
                ahead.Revoke();
    }

    /// <summary>Kafka's client wants the answer before its callback returns. The thread is this member's own.</summary>
#pragma warning disable RS0030 // Blocking is the client's contract here.
    private static T Wait<T>(Func<Task<T>> ask) =>
        Task.Run(ask).WaitAsync(AnswerWithin + LeaveWithin, TimeProvider.System).GetAwaiter().GetResult();
#pragma warning restore RS0030

    private void OnUnreadable(ConsumeException failed)
    {
        var (error, partition) = (failed.Error, failed.ConsumerRecord?.Partition.Value ?? -1);
        if (!_assigned.TryGetValue(partition, out var ahead)) OnError(error);
        else if (KafkaErrors.IsTrimmed(error))
            ahead.Fail(new LogTrimmedException($"Partition {partition} of {_clients.Options.Topic}: {error.Reason}"));
        else if (error.Code is ErrorCode.Local_BadMsg or ErrorCode.InvalidMsg)
            ahead.Fail(new LogTrimmedException(
                $"Partition {partition} of {_clients.Options.Topic} has a record that cannot be read: {error.Reason}"));
        else
            OnError(error);
    }

    private void OnError(Error error) => _health.Met(_group, error);

    [LoggerMessage(11031, LogLevel.Warning, "The group {Group} met an error and goes on: {Reason}")]
    private static partial void Failed(ILogger logger, string group, string reason);

    [LoggerMessage(11033, LogLevel.Warning,
        "The group {Group} was left without a word, since its coordinator does not answer.")]
    private static partial void Abandoned(ILogger logger, string group);
}
