using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using Confluent.Kafka;
using LiveChat.Core.Log;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Log;

/// <summary>
/// One group's view of the topic, with the group protocol of Kafka 4: brokers assign partitions one by one. It takes
/// part as one <see cref="KafkaMember"/> after the other: one that fails for good is left, and the next joins after a
/// pause, without an end. Commits go to the group's coordinator, one at a time. Any thread; the lock keeps the client
/// that asks what is committed.
/// </summary>
internal sealed partial class KafkaPartitionReader : IPartitionReader
{
    private static readonly TimeSpan AskFor = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan JoinAgainFirst = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan JoinAgainMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReplaceAfter = TimeSpan.FromSeconds(5);

    private readonly KafkaClients _clients;
    private readonly KafkaHealth _health;
    private readonly string _group;
    private readonly Lock _lock = new();
    private readonly List<Task> _replaced = [];

    /// <summary>Requests about what is committed that may be under way.</summary>
    private readonly List<Task> _asked = [];
    private readonly KafkaPositions _positions;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _committing = new(1);
    private readonly ConcurrentDictionary<int, ReadAhead> _assigned = new();
    private volatile KafkaMember? _member;

    /// <summary>See <see cref="KafkaClients.NewAsker"/>.</summary>
    private volatile IConsumer<Ignore, byte[]> _asker;
    private long _madeAt;

    /// <param name="clients">The connections.</param>
    /// <param name="health">Told of what is refused.</param>
    /// <param name="group">The group.</param>
    public KafkaPartitionReader(KafkaClients clients, KafkaHealth health, string group)
    {
        (_clients, _health, _group) = (clients, health, group);
        _positions = new KafkaPositions(clients.Options.Generation);
        _logger = clients.Loggers.CreateLogger<KafkaPartitionReader>();
        _asker = NewAsker();
    }

    public async Task RunAsync(IPartitionOwner owner, CancellationToken cancellationToken)
    {
        var pause = JoinAgainFirst;
        while (!cancellationToken.IsCancellationRequested)
        {
            var began = _clients.Time.GetTimestamp();
            if (await TakePartAsync(owner, cancellationToken) is not { } failure) return;
            LeftAfter(_logger, _group, failure.Message);
            if (_clients.Time.GetElapsedTime(began) > JoinAgainMax) pause = JoinAgainFirst;
            await Task.Delay(pause, _clients.Time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < JoinAgainMax ? pause * 2 : JoinAgainMax;
        }
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
            .Select(one => new TopicPartitionOffset(
                _clients.Options.Topic, one.Key, _positions.Behind(one.Value)))
            .ToArray();
        if (offsets.Length == 0) return;
        var member = _member ?? throw NotNow("is joining again");
        if (!await _committing.WaitAsync(AskFor, cancellationToken)) throw NotNow("still waits for a former commit");
        var commit = Task.Run(
            () =>
            {
                try
                {
                    member.Commit(offsets);
                }
                finally
                {
                    _committing.Release();
                }
            },
            CancellationToken.None);
        await AnswerAsync(commit, cancellationToken);
        _health.Works(_group);
    }

    public async ValueTask<IReadOnlyDictionary<int, Position>> CommittedAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        if (partitions.Count == 0) return ReadOnlyDictionary<int, Position>.Empty;
        var asked = partitions.Select(one => new TopicPartition(_clients.Options.Topic, one)).ToList();
        IConsumer<Ignore, byte[]> asker;
        Task<List<TopicPartitionOffset>> answer;
        lock (_lock)
        {
            asker = _asker;
            answer = Task.Run(() => asker.Committed(asked, AskFor), CancellationToken.None);
            _asked.RemoveAll(static one => one.IsCompleted);
            _asked.Add(answer);
        }

        try
        {
            await AnswerAsync(answer, cancellationToken);
        }
        catch (LogUnavailableException away)
        {
            Replace(asker, away.Message);
            throw;
        }

        return (await answer).ToDictionary(
            static one => one.Partition.Value,
            one => one.Offset.IsSpecial ? Position.None : _positions.Below(one.Offset));
    }

    /// <summary>A commit without an answer releases the semaphore later.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] open;
        lock (_lock) open = [.. _asked, .. _replaced];
        _clients.Forget(_asker);
        await Task.WhenAll(open).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _asker.Dispose();
        if (await _committing.WaitAsync(AskFor)) _committing.Dispose();
    }

    private IConsumer<Ignore, byte[]> NewAsker()
    {
        _madeAt = _clients.Time.GetTimestamp();
        return _clients.Follow(_clients.NewAsker(_group, error => _health.Note(_group, error), _logger));
    }

    /// <summary>A client that had no answer may never get one again: it has been seen to wait for a coordinator that
    /// had died, for as long as it lived, while a new one was answered at once.</summary>
    private void Replace(IConsumer<Ignore, byte[]> failed, string reason)
    {
        lock (_lock)
        {
            if (_asker != failed || _clients.Time.GetElapsedTime(_madeAt) < ReplaceAfter) return;
            _asker = NewAsker();
            _clients.Forget(failed);
            _replaced.RemoveAll(static ended => ended.IsCompleted);
            _replaced.Add(EndAsync(failed, [.. _asked]));
        }

        Replaced(_logger, _group, reason);
    }

    private static async Task EndAsync(IConsumer<Ignore, byte[]> asker, Task[] asked)
    {
        await Task.WhenAll(asked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.Run(asker.Dispose);
    }

    private async Task<Exception?> TakePartAsync(IPartitionOwner owner, CancellationToken cancellationToken)
    {
        var member = new KafkaMember(_clients, _health, _group, owner, _assigned);
        _member = member;
        try
        {
            return await member.RunAsync(cancellationToken);
        }
        finally
        {
            _member = null;
        }
    }

    /// <summary>Waits a while for a request. One that has no answer by then goes on by itself.</summary>
    private async Task AnswerAsync(Task request, CancellationToken cancellationToken)
    {
        try
        {
            await request.WaitAsync(AskFor, _clients.Time, cancellationToken);
        }
        catch (KafkaException e)
        {
            var error = KafkaErrors.Of(e);
            _health.Note(_group, error);
            throw NotNow($"has no answer: {error.Reason}");
        }
        catch (TimeoutException)
        {
            throw NotNow("has no answer yet");
        }
        catch (ObjectDisposedException)
        {
            throw NotNow("is joining again");
        }
    }

    private LogUnavailableException NotNow(string why) => new($"The group {_group} {why}.");

    [LoggerMessage(11034, LogLevel.Warning,
        "The client that asks what {Group} has committed was replaced: {Reason}")]
    private static partial void Replaced(ILogger logger, string group, string reason);

    [LoggerMessage(11032, LogLevel.Warning, "The group {Group} was left and is joined again: {Reason}")]
    private static partial void LeftAfter(ILogger logger, string group, string reason);
}
