using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Log;

/// <summary>
/// The topic of the chats' records: made when it is missing, and refused when what is there would lose, hide or
/// misplace a record. Asks again, without an end, while no broker answers.
/// </summary>
internal sealed partial class KafkaTopic(
    IAdminClient admin, KafkaLogOptions options, TimeProvider time, ILogger<KafkaTopic> logger)
{
    private const string MinInSync = "min.insync.replicas";

    /// <summary>Half a minute of looks.</summary>
    private const int NewLooksMax = 120;

    private static readonly TimeSpan AskFor = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(250);

    /// <summary>What the topic must be set to, and what would go wrong otherwise.</summary>
    private static readonly (string Name, string Value, string Why)[] Settings =
    [
        ("message.timestamp.type", "LogAppendTime", "a record's time would be a client's clock"),
        ("cleanup.policy", "delete", "compaction would remove records that are still needed"),
        ("retention.ms", "-1", "records would be removed before they are in history"),
        ("retention.bytes", "-1", "records would be removed before they are in history"),
        ("unclean.leader.election.enable", "false", "a replica that lacks acknowledged records could become leader"),
    ];

    /// <summary>Makes sure that the topic is there and as it must be; gives its id.</summary>
    /// <exception cref="KafkaLogException">It is not; the message says what to do. Nothing was written.</exception>
    public async Task<string> EnsureAsync(CancellationToken cancellationToken)
    {
        var topic = await FindAsync(cancellationToken);
        if (topic is null)
        {
            await CreateAsync(cancellationToken);
            topic = await FindNewAsync(cancellationToken);
        }

        CheckShape(topic);
        CheckSettings(await SettingsAsync(cancellationToken));
        return topic.TopicId.ToString()!;
    }

    private async Task<TopicDescription?> FindAsync(CancellationToken cancellationToken)
    {
        var found = await AskAsync(
            () => admin.DescribeTopicsAsync(
                TopicCollection.OfTopicNames([options.Topic]),
                new DescribeTopicsOptions { RequestTimeout = AskFor }),
            ErrorCode.UnknownTopicOrPart,
            cancellationToken);
        return found?.TopicDescriptions[0];
    }

    /// <summary>A broker may hear of a new topic a moment after the one that made it.</summary>
    private async Task<TopicDescription> FindNewAsync(CancellationToken cancellationToken)
    {
        for (var look = 0; look < NewLooksMax; look++)
        {
            await Task.Delay(LookAgain, time, cancellationToken);
            if (await FindAsync(cancellationToken) is { } topic) return topic;
        }

        throw new KafkaLogException($"The topic {options.Topic} was made and is not there. Start again.");
    }

    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        var replicas = options.SingleBroker ? 1 : 3;
        var settings = Settings.ToDictionary(static one => one.Name, static one => one.Value);
        settings[MinInSync] = options.SingleBroker ? "1" : "2";
        await AskAsync(
            async () =>
            {
                await admin.CreateTopicsAsync(
                    [
                        new TopicSpecification
                        {
                            Name = options.Topic,
                            NumPartitions = options.Partitions,
                            ReplicationFactor = (short)replicas,
                            Configs = settings,
                        },
                    ],
                    new CreateTopicsOptions { RequestTimeout = AskFor, OperationTimeout = AskFor });
                return true;
            },
            ErrorCode.TopicAlreadyExists,
            cancellationToken);
        Created(logger, options.Topic, options.Partitions, replicas);
    }

    private void CheckShape(TopicDescription topic)
    {
        if (topic.Partitions.Count != options.Partitions)
            throw new KafkaLogException(
                $"The topic {options.Topic} has {topic.Partitions.Count} partitions and LiveChat:Log:Partitions says "
                + $"{options.Partitions}. The number of a topic with chats can never change: set the option to "
                + $"{topic.Partitions.Count}.");
        var replicas = topic.Partitions.Min(static partition => partition.Replicas.Count);
        if (replicas < 3 && !options.SingleBroker)
            throw new KafkaLogException(
                $"A partition of the topic {options.Topic} has {replicas} replicas, and 3 are needed for no message to "
                + "be lost. Add replicas with kafka-reassign-partitions, or, for a trial, set "
                + "LiveChat:Log:SingleBroker=true.");
    }

    private void CheckSettings(Dictionary<string, ConfigEntryResult> found)
    {
        foreach (var (name, value, why) in Settings)
            if (!string.Equals(found.GetValueOrDefault(name)?.Value, value, StringComparison.OrdinalIgnoreCase))
                throw new KafkaLogException(
                    $"The topic {options.Topic} has {name}={found.GetValueOrDefault(name)?.Value}: {why}. Set it with "
                    + $"kafka-configs --alter --topic {options.Topic} --add-config {name}={value}.");
        var least = options.SingleBroker ? 1 : 2;
        if (!int.TryParse(found.GetValueOrDefault(MinInSync)?.Value, CultureInfo.InvariantCulture, out var minimum)
            || minimum < least)
            throw new KafkaLogException(
                $"The topic {options.Topic} has {MinInSync}={found.GetValueOrDefault(MinInSync)?.Value}: a record that "
                + "one broker alone has would be acknowledged. Set it with "
                + $"kafka-configs --alter --topic {options.Topic} --add-config {MinInSync}={least}.");
    }

    private async Task<Dictionary<string, ConfigEntryResult>> SettingsAsync(CancellationToken cancellationToken)
    {
        var resource = new ConfigResource { Type = ResourceType.Topic, Name = options.Topic };
        var found = await AskAsync(
            () => admin.DescribeConfigsAsync([resource], new DescribeConfigsOptions { RequestTimeout = AskFor }),
            expected: null,
            cancellationToken);
        return found![0].Entries;
    }

    /// <summary>Asks until somebody answers; null when the answer is the expected refusal.</summary>
    private async Task<T?> AskAsync<T>(
        Func<Task<T>> ask, ErrorCode? expected, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await ask().WaitAsync(cancellationToken);
            }
            catch (KafkaException e) when (KafkaErrors.Of(e).Code == expected)
            {
                return default;
            }
            catch (KafkaException e) when (KafkaErrors.IsTransient(KafkaErrors.Of(e)))
            {
                Waiting(logger, options.Brokers, KafkaErrors.Of(e).Reason);
            }
            catch (KafkaException e)
            {
                throw new KafkaLogException(KafkaErrors.Advice(KafkaErrors.Of(e), options), e);
            }

            await Task.Delay(AskAgain, time, cancellationToken);
        }
    }

    [LoggerMessage(11000, LogLevel.Information,
        "The topic {Topic} was made with {Partitions} partitions of {Replicas} replicas.")]
    private static partial void Created(ILogger logger, string topic, int partitions, int replicas);

    [LoggerMessage(11001, LogLevel.Warning,
        "No broker of {Brokers} answers; the start waits and asks again: {Reason}")]
    private static partial void Waiting(ILogger logger, string brokers, string reason);
}

/// <summary>The log cannot be used as it is; the message says what to do about it.</summary>
internal sealed class KafkaLogException(string message, Exception? inner = null) : Exception(message, inner);
