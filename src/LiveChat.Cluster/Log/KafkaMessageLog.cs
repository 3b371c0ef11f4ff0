using Confluent.Kafka;
using Confluent.Kafka.Admin;
using LiveChat.Core.Log;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Log;

/// <summary>The log as a topic of Kafka: appends, ranges, reading again and trimming. Any thread.</summary>
internal sealed class KafkaMessageLog : IAsyncDisposable
{
    private static readonly TimeSpan AskFor = TimeSpan.FromSeconds(10);

    private readonly KafkaLogOptions _options;
    private readonly KafkaPositions _positions;
    private readonly IAdminClient _admin;
    private readonly KafkaAppends _appends;
    private readonly KafkaRereads _rereads;

    private KafkaMessageLog(KafkaLogOptions options, string topicId, IAdminClient admin, ILoggerFactory loggers)
    {
        (_options, _admin, TopicId) = (options, admin, topicId);
        _positions = new KafkaPositions(options.Generation);
        _appends = new KafkaAppends(options, loggers.CreateLogger<KafkaAppends>());
        _rereads = new KafkaRereads(options, loggers.CreateLogger<KafkaRereads>());
    }

    /// <summary>Which topic this is: another one of the same name has another id.</summary>
    public string TopicId { get; }

    public int Partitions => _options.Partitions;

    /// <summary>Opens the log; makes its topic when it is missing.</summary>
    /// <exception cref="KafkaLogException">The topic cannot be used as it is; nothing was written.</exception>
    public static async Task<KafkaMessageLog> OpenAsync(
        KafkaLogOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var logger = loggers.CreateLogger<KafkaTopic>();
        var admin = new AdminClientBuilder(options.Client<AdminClientConfig>("admin"))
            .SetLogHandler((_, line) => KafkaLog.Write(logger, line))
            .Build();
        try
        {
            var topicId = await new KafkaTopic(admin, options, time, logger).EnsureAsync(cancellationToken);
            return new KafkaMessageLog(options, topicId, admin, loggers);
        }
        catch
        {
            admin.Dispose();
            throw;
        }
    }

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
        var begins = OffsetsAsync(partitions, OffsetSpec.Earliest(), cancellationToken);
        var ends = OffsetsAsync(partitions, OffsetSpec.Latest(), cancellationToken);
        var (begin, end) = (await begins, await ends);
        return partitions.ToDictionary(
            static one => one,
            one => new LogRange(_positions.Of(begin[one]), _positions.Below(end[one])));
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
        }
        catch (KafkaException e)
        {
            throw new LogUnavailableException($"The log was not trimmed: {e.Error.Reason}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _appends.DisposeAsync();
        await _rereads.DisposeAsync();
        _admin.Dispose();
    }

    private async Task<Dictionary<int, Offset>> OffsetsAsync(
        IReadOnlyCollection<int> partitions, OffsetSpec which, CancellationToken cancellationToken)
    {
        var asked = partitions
            .Select(one => new TopicPartitionOffsetSpec
            {
                TopicPartition = new TopicPartition(_options.Topic, one),
                OffsetSpec = which,
            })
            .ToArray();
        try
        {
            var found = await _admin
                .ListOffsetsAsync(asked, new ListOffsetsOptions { RequestTimeout = AskFor })
                .WaitAsync(cancellationToken);
            return found.ResultInfos.ToDictionary(
                static one => one.TopicPartitionOffsetError.Partition.Value,
                static one => one.TopicPartitionOffsetError.Offset);
        }
        catch (KafkaException e)
        {
            throw new LogUnavailableException($"The log does not say what it holds: {e.Error.Reason}");
        }
    }
}
