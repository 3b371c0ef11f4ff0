using Confluent.Kafka;
using LiveChat.Core.Log;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Log;

/// <summary>Reads ranges of the topic again, without a group: one at a time, on a thread of its own while it lasts.
/// </summary>
internal sealed class KafkaRereads : IAsyncDisposable
{
    private static readonly TimeSpan PollFor = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ReadFor = TimeSpan.FromSeconds(10);

    private readonly KafkaClients _clients;
    private readonly KafkaHealth _health;
    private readonly KafkaPositions _positions;
    private readonly IConsumer<Ignore, byte[]> _consumer;
    private readonly SemaphoreSlim _reading = new(1);

    public KafkaRereads(KafkaClients clients, KafkaHealth health)
    {
        (_clients, _health, _positions) = (clients, health, new KafkaPositions(clients.Options.Generation));
        var logger = clients.Loggers.CreateLogger<KafkaRereads>();
        var config = clients.ConsumerConfig("rereads", "unused"); // The client wants a name; nothing joins a group.
        config.EnablePartitionEof = true;
        _consumer = clients.Follow(new ConsumerBuilder<Ignore, byte[]>(config)
            .SetErrorHandler((_, error) => _health.Note("rereads", error))
            .SetLogHandler((_, line) => KafkaLog.Write(logger, line))
            .Build());
    }

    /// <summary>What is visible behind a position, up to so many bytes; empty at the end.</summary>
    public async ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
        int partition, Position after, int bytesMax, CancellationToken cancellationToken)
    {
        var from = new TopicPartitionOffset(_clients.Options.Topic, partition, _positions.Behind(after));
        await _reading.WaitAsync(cancellationToken);
        try
        {
            var read = await Task.Factory.StartNew(
                () => Read(from, bytesMax, cancellationToken),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
            _health.Works("rereads");
            return read;
        }
        finally
        {
            _reading.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        _clients.Forget(_consumer);
        _consumer.Dispose();
        _reading.Dispose();
        return ValueTask.CompletedTask;
    }

    private List<LogEntry> Read(TopicPartitionOffset from, int bytesMax, CancellationToken cancellationToken)
    {
        var read = new List<LogEntry>();
        var bytes = 0;
        var polls = ReadFor / PollFor;
        try
        {
            _consumer.Assign(from);
            for (var poll = 0; poll < polls && !cancellationToken.IsCancellationRequested;)
            {
                if (_consumer.Consume(PollFor) is not { } next)
                {
                    poll++;
                    continue;
                }

                if (next.IsPartitionEOF) return read;
                bytes += next.Message.Value?.Length ?? 0;
                if (read.Count > 0 && bytes > bytesMax) return read;
                read.Add(_positions.EntryOf(next));
                if (bytes >= bytesMax) return read;
            }
        }
        catch (KafkaException e) when (KafkaErrors.IsTrimmed(e.Error))
        {
            throw new LogTrimmedException(
                $"Partition {from.Partition.Value} of {from.Topic}: {e.Error.Reason}");
        }
        catch (KafkaException e)
        {
            throw new LogUnavailableException($"The log cannot be read again: {e.Error.Reason}");
        }
        finally
        {
            _consumer.Unassign();
        }

        cancellationToken.ThrowIfCancellationRequested();
        return read.Count > 0 ? read : throw new LogUnavailableException("The log was not read again in time.");
    }
}
