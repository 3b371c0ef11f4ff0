using Confluent.Kafka;
using LiveChat.Protocol.Ids;
using Xunit;

namespace LiveChat.EndToEnd.Brokers;

/// <summary>The topic of a test, past the server.</summary>
internal static class Topics
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The partition of a chat.</summary>
    public static int PartitionOf(string chat)
    {
        Assert.True(ChatId.TryParse(chat, out var id));
        return Core.Log.Partitioner.PartitionOf(id, BrokerLog.Partitions);
    }

    /// <summary>All records of a topic, as they were written, partition by partition.</summary>
    public static IReadOnlyList<byte[]> Read(string brokers, string topic)
    {
        var records = new List<byte[]>();
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(new ConsumerConfig
        {
            BootstrapServers = brokers, GroupId = "read", EnableAutoCommit = false,
        }).Build();
        for (var partition = 0; partition < BrokerLog.Partitions; partition++)
        {
            var at = new TopicPartition(topic, partition);
            var range = consumer.QueryWatermarkOffsets(at, Patience);
            consumer.Assign(new TopicPartitionOffset(at, range.Low));
            for (var next = range.Low; next < range.High;)
            {
                var read = consumer.Consume(Patience);
                Assert.NotNull(read);
                records.Add(read.Message.Value);
                next = read.Offset + 1;
            }
        }

        return records;
    }

    /// <summary>Writes a record as something else than a server.</summary>
    public static async Task ProduceAsync(string brokers, string topic, int partition, byte[] record)
    {
        using var producer = new ProducerBuilder<Null, byte[]>(
            new ProducerConfig { BootstrapServers = brokers }).Build();
        await producer.ProduceAsync(
            new TopicPartition(topic, partition), new Message<Null, byte[]> { Value = record });
    }
}
