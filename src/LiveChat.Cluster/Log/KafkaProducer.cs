using System.Collections.Concurrent;
using Confluent.Kafka;
using LiveChat.Core.Log;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Log;

/// <summary>
/// One producer and its appends in flight. Each ends once: by the report of the producer's thread, or as unknown when
/// the producer is disposed of. Bounded in bytes: full means that an append is refused. Any thread.
/// </summary>
internal sealed class KafkaProducer : IAsyncDisposable
{
    private static readonly TimeSpan FlushFor = TimeSpan.FromSeconds(5);

    private readonly KafkaClients _clients;
    private readonly KafkaHealth _health;
    private readonly KafkaPositions _positions;
    private readonly ConcurrentDictionary<Append, byte> _inFlight = new();
    private readonly IProducer<Null, byte[]> _producer;

    /// <param name="clients">The connections.</param>
    /// <param name="health">Told of how appends end.</param>
    /// <param name="onError">Called with errors of the producer as a whole, by its thread.</param>
    public KafkaProducer(KafkaClients clients, KafkaHealth health, Action<KafkaProducer, Error> onError)
    {
        (_clients, _health, _positions) = (clients, health, new KafkaPositions(clients.Options.Generation));
        var logger = clients.Loggers.CreateLogger<KafkaProducer>();
        _producer = clients.Follow(new ProducerBuilder<Null, byte[]>(Config(clients))
            .SetErrorHandler((_, error) => onError(this, error))
            .SetLogHandler((_, line) => KafkaLog.Write(logger, line))
            .Build());
    }

    /// <summary>See <see cref="IMessageLog.AppendAsync"/>.</summary>
    public Task<Appended> AppendAsync(int partition, ReadOnlyMemory<byte> record)
    {
        var append = new Append(this);
        _inFlight[append] = 0;
        try
        {
            _producer.Produce(
                new TopicPartition(_clients.Options.Topic, partition),
                new Message<Null, byte[]> { Value = record.ToArray() },
                append.End);
        }
        catch (ProduceException<Null, byte[]> e)
        {
            append.Refuse(e.Error.Reason);
        }
        catch (ObjectDisposedException)
        {
            append.Refuse("the producer is being replaced");
        }

        return append.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _clients.Forget(_producer);
        await Task.Run(() => _producer.Flush(FlushFor));
        _producer.Dispose();
        foreach (var append in _inFlight.Keys) append.Abandon();
    }

    private static ProducerConfig Config(KafkaClients clients)
    {
        var config = clients.Config<ProducerConfig>("appends");
        config.Acks = Acks.All;
        config.EnableIdempotence = true;
        config.MaxInFlight = 5;
        config.LingerMs = 1;
        config.CompressionType = CompressionType.Lz4;
        config.MessageTimeoutMs = clients.Options.AppendSeconds * 1_000;
        config.QueueBufferingMaxKbytes = clients.Options.AppendBytesMax / 1_024;
        config.DeliveryReportFields = "status,timestamp";
        return config;
    }

    /// <summary>One append.</summary>
    private sealed class Append(KafkaProducer producer)
        : TaskCompletionSource<Appended>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public void End(DeliveryReport<Null, byte[]> report)
        {
            producer._inFlight.TryRemove(this, out _);
            if (!report.Error.IsError)
            {
                producer._health.Appended();
                TrySetResult(new Appended(producer._positions.Of(report.Offset), report.Timestamp.UnixTimestampMs));
                return;
            }

            producer._health.NotAppended(report.Error);
            TrySetException(report.Status is PersistenceStatus.NotPersisted
                ? new LogUnavailableException($"Kafka took no record: {report.Error.Reason}")
                : new AppendUnknownException($"Kafka may have the record, now or later: {report.Error.Reason}"));
        }

        public void Refuse(string reason)
        {
            producer._inFlight.TryRemove(this, out _);
            TrySetException(new LogUnavailableException($"Kafka took no record: {reason}"));
        }

        public void Abandon() => TrySetException(new AppendUnknownException(
            "Kafka may have the record, now or later: its producer ended before the answer."));
    }
}
