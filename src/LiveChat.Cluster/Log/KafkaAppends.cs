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
    /// <summary>What the node is doing here, for <see cref="KafkaHealth"/>.</summary>
    public const string Doing = "appends";

    private readonly KafkaClients _clients;
    private readonly KafkaHealth _health;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly List<Task> _replaced = [];
    private volatile KafkaProducer _producer;
    private bool _isClosed;

    public KafkaAppends(KafkaClients clients, KafkaHealth health)
    {
        (_clients, _health, _logger) = (clients, health, clients.Loggers.CreateLogger<KafkaAppends>());
        _producer = Build();
    }

    /// <summary>See <see cref="IMessageLog.AppendAsync"/>.</summary>
    public async ValueTask<Appended> AppendAsync(
        int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken) =>
        await _producer.AppendAsync(partition, record).WaitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        lock (_lock) _isClosed = true;
        await _producer.DisposeAsync();
        await Task.WhenAll(_replaced);
    }

    private KafkaProducer Build() => new(_clients, _health, OnError);

    private void OnError(KafkaProducer failed, Error error)
    {
        if (!error.IsFatal)
        {
            _health.Met(Doing, error);
            return;
        }

        lock (_lock)
        {
            if (_isClosed || !ReferenceEquals(failed, _producer)) return;
            _producer = Build();

            // This thread is the failed producer's own, which cannot end it.
            _replaced.RemoveAll(static ended => ended.IsCompleted);
            _replaced.Add(Task.Run(async () => await failed.DisposeAsync()));
        }

        Replaced(_logger, error.Reason);
    }

    [LoggerMessage(11011, LogLevel.Warning, "The producer of the log failed and was replaced: {Reason}")]
    private static partial void Replaced(ILogger logger, string reason);
}
