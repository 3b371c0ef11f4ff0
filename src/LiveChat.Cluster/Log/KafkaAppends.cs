using Confluent.Kafka;
using LiveChat.Core.Log;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Log;

/// <summary>
/// The appends of a node, through one idempotent producer that keeps the order of the calls of each partition. A
/// producer that has failed for good is replaced: what it had in flight ends as unknown or refused, and the log goes
/// on. Any thread.
/// </summary>
internal sealed partial class KafkaAppends : IAsyncDisposable
{
    private static readonly TimeSpan FlushFor = TimeSpan.FromSeconds(5);

    private readonly KafkaLogOptions _options;
    private readonly KafkaPositions _positions;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private IProducer<Null, byte[]> _producer;
    private bool _isClosed;

    public KafkaAppends(KafkaLogOptions options, ILogger<KafkaAppends> logger)
    {
        (_options, _positions, _logger) = (options, new KafkaPositions(options.Generation), logger);
        _producer = Build();
    }

    /// <summary>See <see cref="IMessageLog.AppendAsync"/>.</summary>
    public async ValueTask<Appended> AppendAsync(
        int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken)
    {
        var append = new Append(_positions);
        try
        {
            _producer.Produce(
                new TopicPartition(_options.Topic, partition),
                new Message<Null, byte[]> { Value = record.ToArray() },
                append.End);
        }
        catch (ProduceException<Null, byte[]> e)
        {
            throw new LogUnavailableException($"Kafka took no record: {e.Error.Reason}");
        }
        catch (ObjectDisposedException)
        {
            throw new LogUnavailableException("The producer of the log is being replaced.");
        }

        return await append.Task.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock) _isClosed = true;
        await Task.Run(() => _producer.Flush(FlushFor));
        _producer.Dispose();
    }

    private IProducer<Null, byte[]> Build()
    {
        var config = _options.Client<ProducerConfig>("appends");
        config.Acks = Acks.All;
        config.EnableIdempotence = true;
        config.EnableGaplessGuarantee = false;
        config.MaxInFlight = 5;
        config.LingerMs = 1;
        config.CompressionType = CompressionType.Lz4;
        config.MessageTimeoutMs = _options.AppendSeconds * 1_000;
        config.QueueBufferingMaxKbytes = _options.AppendBytesMax / 1_024;
        config.DeliveryReportFields = "status,timestamp";
        return new ProducerBuilder<Null, byte[]>(config)
            .SetErrorHandler(OnError)
            .SetLogHandler((_, line) => KafkaLog.Write(_logger, line))
            .Build();
    }

    private void OnError(IProducer<Null, byte[]> failed, Error error)
    {
        if (!error.IsFatal)
        {
            if (KafkaErrors.IsRefusal(error)) Refused(_logger, KafkaErrors.Advice(error, _options));
            return;
        }

        lock (_lock)
        {
            if (_isClosed || !ReferenceEquals(failed, _producer)) return;
            _producer = Build();
        }

        Replaced(_logger, error.Reason);
        _ = Task.Run(failed.Dispose); // This thread is the producer's own: it cannot end it.
    }

    [LoggerMessage(11010, LogLevel.Error, "An append is refused by the brokers. {Advice}")]
    private static partial void Refused(ILogger logger, string advice);

    [LoggerMessage(11011, LogLevel.Warning, "The producer of the log failed and was replaced: {Reason}")]
    private static partial void Replaced(ILogger logger, string reason);

    /// <summary>One append; ended by the thread of the producer.</summary>
    private sealed class Append(KafkaPositions positions)
        : TaskCompletionSource<Appended>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public void End(DeliveryReport<Null, byte[]> report)
        {
            if (!report.Error.IsError)
                TrySetResult(new Appended(positions.Of(report.Offset), report.Timestamp.UnixTimestampMs));
            else if (report.Status is PersistenceStatus.NotPersisted)
                TrySetException(new LogUnavailableException($"Kafka took no record: {report.Error.Reason}"));
            else
                TrySetException(new AppendUnknownException(
                    $"Kafka may have the record, now or later: {report.Error.Reason}"));
        }
    }
}
