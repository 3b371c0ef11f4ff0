using System.Collections.Concurrent;
using Confluent.Kafka;
using LiveChat.Core.Log;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Log;

/// <summary>
/// One group's view of the topic, with the group protocol of Kafka 4: brokers assign partitions one by one. A thread of
/// its own reads ahead for every partition that it has. Commits go to the group's coordinator, one at a time.
/// </summary>
internal sealed partial class KafkaPartitionReader : IPartitionReader
{
    private static readonly TimeSpan PollFor = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AskFor = TimeSpan.FromSeconds(10);

    private readonly KafkaLogOptions _options;
    private readonly KafkaPositions _positions;
    private readonly string _group;
    private readonly ILogger _logger;
    private readonly IConsumer<Ignore, byte[]> _consumer;
    private readonly SemaphoreSlim _committing = new(1);
    private readonly ConcurrentDictionary<int, ReadAhead> _assigned = new();
    private IPartitionOwner? _owner;
    private CancellationToken _stopping;

    public KafkaPartitionReader(KafkaLogOptions options, string group, ILogger<KafkaPartitionReader> logger)
    {
        (_options, _group, _logger) = (options, group, logger);
        _positions = new KafkaPositions(options.Generation);
        var config = options.Consumer(group, group);
        config.GroupProtocol = GroupProtocol.Consumer;
        config.FetchWaitMaxMs = 500;
        config.QueuedMaxMessagesKbytes = 64 * 1024;
        _consumer = new ConsumerBuilder<Ignore, byte[]>(config)
            .SetPartitionsAssignedHandler((_, partitions) => OnAssigned(partitions))
            .SetPartitionsRevokedHandler((_, partitions) => OnRevoked(partitions, isLost: false))
            .SetPartitionsLostHandler((_, partitions) => OnRevoked(partitions, isLost: true))
            .SetErrorHandler((_, error) => OnError(error))
            .SetLogHandler((_, line) => KafkaLog.Write(_logger, line))
            .Build();
    }

    public Task RunAsync(IPartitionOwner owner, CancellationToken cancellationToken)
    {
        (_owner, _stopping) = (owner, cancellationToken);
        return Task.Factory.StartNew(
            Poll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken) =>
        _assigned.TryGetValue(partition, out var ahead)
            ? ahead.TakeAsync(after, bytesMax, cancellationToken)
            : throw new OperationCanceledException($"Partition {partition} is not assigned.");

    public async ValueTask CommitAsync(
        IReadOnlyDictionary<int, Position> processed, CancellationToken cancellationToken)
    {
        var offsets = processed
            .Where(one => one.Value > Position.None && _assigned.ContainsKey(one.Key))
            .Select(one => new TopicPartitionOffset(_options.Topic, one.Key, _positions.Behind(one.Value)))
            .ToArray();
        if (offsets.Length == 0) return;
        await _committing.WaitAsync(cancellationToken);
        try
        {
            await Task.Run(() => _consumer.Commit(offsets), CancellationToken.None).WaitAsync(cancellationToken);
        }
        catch (KafkaException e)
        {
            throw new LogUnavailableException($"The group {_group} could not commit: {e.Error.Reason}");
        }
        finally
        {
            _committing.Release();
        }
    }

    public async ValueTask<IReadOnlyDictionary<int, Position>> CommittedAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        try
        {
            var found = await Task
                .Run(
                    () => _consumer.Committed(
                        partitions.Select(one => new TopicPartition(_options.Topic, one)), AskFor),
                    CancellationToken.None)
                .WaitAsync(cancellationToken);
            return found.ToDictionary(
                static one => one.Partition.Value,
                one => one.Offset.IsSpecial ? Position.None : _positions.Below(one.Offset));
        }
        catch (KafkaException e)
        {
            throw new LogUnavailableException($"The group {_group} cannot say what it has committed: {e.Error.Reason}");
        }
    }

    public ValueTask DisposeAsync()
    {
        _consumer.Dispose();
        _committing.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Poll()
    {
        _consumer.Subscribe(_options.Topic);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (_consumer.Consume(PollFor) is { IsPartitionEOF: false } read) Put(read);
                Resume();
            }
            catch (ConsumeException e)
            {
                OnUnreadable(e);
            }
        }

        _consumer.Close(); // Revokes what is left.
    }

    private void Put(ConsumeResult<Ignore, byte[]> read)
    {
        if (!_assigned.TryGetValue(read.Partition, out var ahead)) return;
        ahead.Put(_positions.EntryOf(read));
        if (!ahead.IsFull) return;
        ahead.IsPaused = true;
        _consumer.Pause([read.TopicPartition]);
    }

    /// <summary>Fetches on where there is room again.</summary>
    private void Resume()
    {
        foreach (var (partition, ahead) in _assigned)
        {
            if (!ahead.IsPaused || !ahead.HasRoom) continue;
            ahead.IsPaused = false;
            _consumer.Resume([new TopicPartition(_options.Topic, partition)]);
        }
    }

    private List<TopicPartitionOffset> OnAssigned(List<TopicPartition> partitions)
    {
        var assigned = partitions.Select(static one => one.Partition.Value).ToArray();
        foreach (var partition in assigned) _assigned[partition] = new ReadAhead(_options.ReadAheadBytesMax);
        var starts = Wait(_owner!.AssignAsync(assigned, _stopping));
        return [.. assigned.Select(one =>
            new TopicPartitionOffset(_options.Topic, one, _positions.Behind(starts[one])))];
    }

    private void OnRevoked(List<TopicPartitionOffset> partitions, bool isLost)
    {
        var revoked = partitions.Select(static one => one.Partition.Value).ToArray();
        Wait(_owner!.RevokeAsync(revoked, isLost, CancellationToken.None));
        foreach (var partition in revoked)
            if (_assigned.TryRemove(partition, out var ahead))
                ahead.Revoke();
    }

    /// <summary>Kafka's client wants the answer before its callback returns. The thread is this reader's own.</summary>
#pragma warning disable RS0030 // Blocking is the client's contract here.
    private static T Wait<T>(ValueTask<T> answer) => answer.AsTask().GetAwaiter().GetResult();

    private static void Wait(ValueTask done) => done.AsTask().GetAwaiter().GetResult();
#pragma warning restore RS0030

    private void OnUnreadable(ConsumeException failed)
    {
        var (error, partition) = (failed.Error, failed.ConsumerRecord?.Partition.Value ?? -1);
        if (!_assigned.TryGetValue(partition, out var ahead))
        {
            OnError(error);
            return;
        }

        if (KafkaErrors.IsTrimmed(error))
            ahead.Fail(new LogTrimmedException($"Partition {partition} of {_options.Topic}: {error.Reason}"));
        else if (error.Code is ErrorCode.Local_BadMsg or ErrorCode.InvalidMsg)
            ahead.Fail(new LogFailedException($"Partition {partition} of {_options.Topic}: {error.Reason}", failed));
        else
            OnError(error);
    }

    private void OnError(Error error)
    {
        if (KafkaErrors.IsRefusal(error)) Refused(_logger, _group, KafkaErrors.Advice(error, _options));
        else Failed(_logger, _group, error.Reason);
    }

    [LoggerMessage(11030, LogLevel.Error, "The group {Group} is refused by the brokers. {Advice}")]
    private static partial void Refused(ILogger logger, string group, string advice);

    [LoggerMessage(11031, LogLevel.Warning, "The group {Group} met an error and goes on: {Reason}")]
    private static partial void Failed(ILogger logger, string group, string reason);
}
