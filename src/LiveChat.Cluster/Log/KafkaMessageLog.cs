using Confluent.Kafka;
using Confluent.Kafka.Admin;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Log;

/// <summary>The log as a topic of Kafka: appends, ranges, reading again and trimming. Any thread.</summary>
internal sealed class KafkaMessageLog : IMessageLog
{
    private static readonly TimeSpan AskFor = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LeadersFor = TimeSpan.FromSeconds(2);

    private readonly KafkaClients _clients;
    private readonly KafkaLogOptions _options;
    private readonly KafkaPositions _positions;
    private readonly KafkaHealth _health;
    private readonly IAdminClient _admin;
    private readonly KafkaAppends _appends;
    private readonly KafkaRereads _rereads;

    private KafkaMessageLog(KafkaClients clients, KafkaMark mark)
    {
        (_clients, _options, Mark) = (clients, clients.Options, mark);
        _positions = new KafkaPositions(_options.Generation);
        _health = new KafkaHealth(_options, clients.Time, clients.Loggers.CreateLogger<KafkaHealth>());
        var logger = clients.Loggers.CreateLogger<KafkaMessageLog>();
        _admin = clients.Follow(new AdminClientBuilder(clients.Config<AdminClientConfig>("ranges"))
            .SetErrorHandler((_, error) => _health.Note("ranges", error))
            .SetLogHandler((_, line) => KafkaLog.Write(logger, line))
            .Build());
        _appends = new KafkaAppends(clients, _health);
        _rereads = new KafkaRereads(clients, _health);
    }

    /// <summary>Which topic this is; the data folder keeps it.</summary>
    public KafkaMark Mark { get; }

    public int Partitions => _options.Partitions;

    /// <summary>Each leader stamps by its own clock, and shows a record once enough replicas have it.</summary>
    public bool HasClock => false;

    /// <summary>The states in which the log refuses.</summary>
    public IReadOnlyList<RefusingState> States => _health.States;

    /// <summary>Checks the brokers and the topic and opens the log; makes the topic when it is missing. Waits while no
    /// broker answers.</summary>
    /// <param name="clients">The connections; the caller disposes of them after the log.</param>
    /// <param name="former">Which topic the chats of the data folder stand in; null where it has none yet.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="KafkaLogException">It cannot be used as it is; nothing was written.</exception>
    public static async Task<KafkaMessageLog> OpenAsync(
        KafkaClients clients, KafkaMark? former, CancellationToken cancellationToken)
    {
        using var admin = new KafkaAdmin(clients);
        var topic = new KafkaTopic(admin, clients);
        var found = await topic.CheckAsync(cancellationToken);
        var hasReaders = former is null && found is not null && await topic.AskAsync(
            token => admin.HasCommitsAsync(ConsumerGroups.HistoryWriters, token), cancellationToken);
        KafkaMark.Check(former, found?.Id, hasReaders, clients.Options);
        found ??= await topic.CreateAsync(cancellationToken);
        return new KafkaMessageLog(clients, new KafkaMark(clients.Options.Generation, found.Id));
    }

    /// <summary>A group's view of the log.</summary>
    public IPartitionReader ReaderOf(string group) => new KafkaPartitionReader(_clients, _health, group);

    public ValueTask<Appended> AppendAsync(
        int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken) =>
        _appends.AppendAsync(partition, record, cancellationToken);

    public ValueTask<IReadOnlyList<LogEntry>> ReadAgainAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken) =>
        _rereads.ReadAsync(partition, after, bytesMax, cancellationToken);

    /// <summary>Two requests to each leader, whatever the number of partitions.</summary>
    public async ValueTask<IReadOnlyDictionary<int, LogRange>> RangesAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        var begins = OffsetsAsync(partitions, static _ => OffsetSpec.Earliest(), cancellationToken);
        var ends = OffsetsAsync(partitions, static _ => OffsetSpec.Latest(), cancellationToken);
        var (begin, end) = (await begins, await ends);
        _health.Works("ranges");
        return partitions.ToDictionary(
            static one => one,
            one => new LogRange(_positions.Of(begin[one]), _positions.Below(end[one])));
    }

    /// <summary>Two requests to each leader, whatever the number of partitions.</summary>
    public async ValueTask<IReadOnlyDictionary<int, Position>> FirstSinceAsync(
        IReadOnlyDictionary<int, long> timesMs, CancellationToken cancellationToken)
    {
        var partitions = timesMs.Keys.ToArray();
        var ends = OffsetsAsync(partitions, static _ => OffsetSpec.Latest(), cancellationToken);
        var found = await OffsetsAsync(
            partitions, one => OffsetSpec.ForTimestamp(timesMs[one]), cancellationToken);
        var end = await ends;
        return found.ToDictionary(
            static one => one.Key, one => _positions.Of(one.Value.IsSpecial ? end[one.Key] : one.Value));
    }

    public async ValueTask TrimAsync(
        IReadOnlyDictionary<int, Position> through, CancellationToken cancellationToken)
    {
        var offsets = through
            .Select(one => new TopicPartitionOffset(_options.Topic, one.Key, _positions.Behind(one.Value)))
            .ToArray();
        try
        {
            await _admin
                .DeleteRecordsAsync(offsets, new DeleteRecordsOptions { RequestTimeout = AskFor })
                .WaitAsync(cancellationToken);
            _health.Works("trims");
        }
        catch (KafkaException e)
        {
            var error = KafkaErrors.Of(e);
            _health.Note("trims", error);
            throw new LogUnavailableException($"The log was not trimmed: {error.Reason}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _appends.DisposeAsync();
        await _rereads.DisposeAsync();
        _clients.Forget(_admin);
        _admin.Dispose();
    }

    private async Task<Dictionary<int, Offset>> OffsetsAsync(
        IReadOnlyCollection<int> partitions, Func<int, OffsetSpec> which, CancellationToken cancellationToken)
    {
        var asked = partitions
            .Select(one => new TopicPartitionOffsetSpec
            {
                TopicPartition = new TopicPartition(_options.Topic, one),
                OffsetSpec = which(one),
            })
            .ToArray();
        try
        {
            var found = await _admin
                .ListOffsetsAsync(asked, new ListOffsetsOptions { RequestTimeout = AskFor })
                .WaitAsync(cancellationToken);
            if (found.ResultInfos.FirstOrDefault(static one => !IsKnown(one.TopicPartitionOffsetError)) is { } unknown)
                throw new LogUnavailableException(
                    $"The leader of {unknown.TopicPartitionOffsetError.TopicPartition} does not answer.");
            return found.ResultInfos.ToDictionary(
                static one => one.TopicPartitionOffsetError.Partition.Value,
                static one => one.TopicPartitionOffsetError.Offset);
        }
        catch (KafkaException e)
        {
            var error = KafkaErrors.Of(e);
            _health.Note("ranges", error);
            await FindLeadersAsync(cancellationToken);
            throw new LogUnavailableException($"The log does not say what it holds: {error.Reason}");
        }
    }

    /// <summary>An admin client that met a partition without a leader does not look for one again by itself, and
    /// answers so for ever: it has to be told to ask the brokers.</summary>
    private async Task FindLeadersAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Run(() => _admin.GetMetadata(_options.Topic, LeadersFor), CancellationToken.None)
                .WaitAsync(cancellationToken);
        }
        catch (KafkaException e)
        {
            _health.Note("ranges", KafkaErrors.Of(e));
        }
    }

    /// <summary>An end is the answer where no record is as late as was asked for.</summary>
    private static bool IsKnown(TopicPartitionOffsetError one) =>
        !one.Error.IsError && (one.Offset >= 0 || one.Offset == Offset.End);
}
