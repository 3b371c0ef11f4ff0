using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Log;

/// <summary>
/// What is asked of the brokers and done to the topic before anybody reads or writes. A refusal ends the question at
/// once, with what to do; a broker that does not answer does not. Any thread.
/// </summary>
internal sealed class KafkaAdmin : IDisposable
{
    private static readonly TimeSpan AskFor = TimeSpan.FromSeconds(10);

    private readonly KafkaClients _clients;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource<Error> _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public KafkaAdmin(KafkaClients clients)
    {
        _clients = clients;
        _logger = clients.Loggers.CreateLogger<KafkaAdmin>();
        Client = clients.Follow(new AdminClientBuilder(clients.Config<AdminClientConfig>("admin"))
            .SetErrorHandler((_, error) => NoteRefusal(error))
            .SetLogHandler((_, line) => KafkaLog.Write(_logger, line))
            .Build());
    }

    public IAdminClient Client { get; }

    private KafkaLogOptions Options => _clients.Options;

    /// <summary>What the brokers say of themselves and of the topic.</summary>
    /// <exception cref="KafkaLogException">They refuse to say; the message says what to do.</exception>
    /// <exception cref="KafkaAwayException">None answers now.</exception>
    public async Task<KafkaFacts> LookAsync(CancellationToken cancellationToken)
    {
        var cluster = await AskAsync(
            () => Client.DescribeClusterAsync(new DescribeClusterOptions { RequestTimeout = AskFor }),
            expected: null,
            cancellationToken);
        var nodes = cluster!.Nodes.ToDictionary(
            static node => $"{node.Id}", static node => $"{node.Host}:{node.Port}");
        var brokers = await AskAsync(
            () => SettingsAsync(ResourceType.Broker, nodes.Keys),
            ErrorCode.ClusterAuthorizationFailed,
            cancellationToken);
        return new KafkaFacts
        {
            Brokers = brokers?.ToDictionary(one => nodes[one.Key], static one => one.Value)
                ?? new Dictionary<string, IReadOnlyDictionary<string, string?>>(),
            BrokersHidden = brokers is null,
            Topic = await TopicAsync(cancellationToken),
        };
    }

    /// <summary>The topic; null where there is none.</summary>
    /// <exception cref="KafkaLogException">The brokers refuse to say; the message says what to do.</exception>
    /// <exception cref="KafkaAwayException">None answers now.</exception>
    public async Task<KafkaTopicFacts?> TopicAsync(CancellationToken cancellationToken)
    {
        var found = await AskAsync(
            () => Client.DescribeTopicsAsync(
                TopicCollection.OfTopicNames([Options.Topic]),
                new DescribeTopicsOptions { RequestTimeout = AskFor }),
            ErrorCode.UnknownTopicOrPart,
            cancellationToken);
        if (found?.TopicDescriptions[0] is not { } topic) return null;
        var settings = await AskAsync(
            () => SettingsAsync(ResourceType.Topic, [Options.Topic]), ErrorCode.UnknownTopicOrPart, cancellationToken);
        return settings is null
            ? null
            : new KafkaTopicFacts(
                $"{topic.TopicId}",
                topic.Partitions.Count,
                topic.Partitions.Min(static partition => partition.Replicas.Count),
                settings[Options.Topic]);
    }

    /// <summary>Makes the topic; nothing happens when it is there already.</summary>
    /// <exception cref="KafkaLogException">The brokers refuse; the message says what to do.</exception>
    /// <exception cref="KafkaAwayException">None answers now.</exception>
    public Task CreateAsync(short replicas, Dictionary<string, string> settings, CancellationToken cancellationToken) =>
        AskAsync(
            async () =>
            {
                await Client.CreateTopicsAsync(
                    [
                        new TopicSpecification
                        {
                            Name = Options.Topic,
                            NumPartitions = Options.Partitions,
                            ReplicationFactor = replicas,
                            Configs = settings,
                        },
                    ],
                    new CreateTopicsOptions { RequestTimeout = AskFor, OperationTimeout = AskFor });
                return true;
            },
            ErrorCode.TopicAlreadyExists,
            cancellationToken);

    /// <summary>Whether the group has committed anything.</summary>
    /// <exception cref="KafkaLogException">The brokers refuse to say; the message says what to do.</exception>
    /// <exception cref="KafkaAwayException">None answers now.</exception>
    public async Task<bool> HasCommitsAsync(string group, CancellationToken cancellationToken)
    {
        var found = await AskAsync(
            () => Task.Run(() => Committed(group)), ErrorCode.GroupIdNotFound, cancellationToken);
        return found is not null && found.Any(static one => !one.Offset.IsSpecial);
    }

    public void Dispose()
    {
        _clients.Forget(Client);
        Client.Dispose();
    }

    private List<TopicPartitionOffset> Committed(string group)
    {
        using var asker = _clients.NewAsker(group, NoteRefusal, _logger);
        return asker.Committed(
            Enumerable.Range(0, Options.Partitions).Select(one => new TopicPartition(Options.Topic, one)), AskFor);
    }

    private void NoteRefusal(Error error)
    {
        if (KafkaErrors.IsRefusal(error)) _refused.TrySetResult(error);
    }

    private async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string?>>> SettingsAsync(
        ResourceType type, IEnumerable<string> names)
    {
        var settings = new Dictionary<string, IReadOnlyDictionary<string, string?>>();
        foreach (var name in names) // The client takes one broker in a request.
        {
            var found = await Client.DescribeConfigsAsync(
                [new ConfigResource { Type = type, Name = name }],
                new DescribeConfigsOptions { RequestTimeout = AskFor });
            settings[name] = found[0].Entries.ToDictionary(
                static entry => entry.Key, static entry => (string?)entry.Value.Value);
        }

        return settings;
    }

    /// <summary>Null when the answer is the expected refusal.</summary>
    private async Task<T?> AskAsync<T>(Func<Task<T>> ask, ErrorCode? expected, CancellationToken cancellationToken)
    {
        try
        {
            var asked = ask();
            if (await Task.WhenAny(asked, _refused.Task).WaitAsync(cancellationToken) == _refused.Task)
                throw new KafkaLogException(KafkaErrors.Advice(await _refused.Task, Options));
            return await asked;
        }
        catch (KafkaException e) when (KafkaErrors.Of(e).Code == expected)
        {
            return default;
        }
        catch (KafkaException e) when (KafkaErrors.IsTransient(KafkaErrors.Of(e)))
        {
            throw new KafkaAwayException(KafkaErrors.Of(e).Reason);
        }
        catch (KafkaException e)
        {
            throw new KafkaLogException(KafkaErrors.Advice(KafkaErrors.Of(e), Options), e);
        }
    }
}

/// <summary>No broker answers now.</summary>
internal sealed class KafkaAwayException(string message) : Exception(message);
