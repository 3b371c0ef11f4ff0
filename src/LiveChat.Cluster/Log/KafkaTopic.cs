using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Log;

/// <summary>
/// The topic of the chats' records: made when it is missing, and refused when it or its brokers would lose, hide or
/// misplace a record. While no broker answers it asks again, without an end.
/// </summary>
internal sealed partial class KafkaTopic(KafkaAdmin admin, KafkaClients clients)
{
    /// <summary>Half a minute of looks.</summary>
    private const int NewLooksMax = 120;

    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(250);

    private readonly KafkaLogOptions _options = clients.Options;
    private readonly ILogger _logger = clients.Loggers.CreateLogger<KafkaTopic>();

    /// <summary>The topic as it is when it can be used, or null when there is none and one could be made.</summary>
    /// <exception cref="KafkaLogException">It or the brokers cannot be used; the message says what to do. Nothing was
    /// written.</exception>
    public async Task<KafkaTopicFacts?> CheckAsync(CancellationToken cancellationToken)
    {
        var facts = await AskAsync(admin.LookAsync, cancellationToken);
        Judge(KafkaChecks.OfBrokers(facts, _options));
        if (facts.Topic is not null) Judge(KafkaChecks.OfTopic(facts.Topic, _options));
        return facts.Topic;
    }

    /// <summary>Makes the topic.</summary>
    /// <exception cref="KafkaLogException">The brokers refuse, or it is not as it must be; the message says what to do.
    /// </exception>
    public async Task<KafkaTopicFacts> CreateAsync(CancellationToken cancellationToken)
    {
        var replicas = _options.SingleBroker ? 1 : 3;
        await AskAsync(
            async token =>
            {
                await admin.CreateAsync((short)replicas, KafkaChecks.SettingsOfNew(_options), token);
                return true;
            },
            cancellationToken);
        Created(_logger, _options.Topic, _options.Partitions, replicas);

        // A broker may hear of a new topic a moment after the one that made it.
        for (var look = 0; look < NewLooksMax; look++)
        {
            await Task.Delay(LookAgain, clients.Time, cancellationToken);
            if (await AskAsync(admin.TopicAsync, cancellationToken) is not { } topic) continue;
            Judge(KafkaChecks.OfTopic(topic, _options));
            return topic;
        }

        throw new KafkaLogException($"The topic {_options.Topic} was made and is not there: start again.");
    }

    /// <summary>Asks until a broker answers.</summary>
    public async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await ask(cancellationToken);
            }
            catch (KafkaAwayException e)
            {
                Waiting(_logger, _options.Brokers, e.Message);
            }

            await Task.Delay(AskAgain, clients.Time, cancellationToken);
        }
    }

    private void Judge(IEnumerable<ServiceFinding> findings)
    {
        foreach (var finding in findings)
        {
            if (finding.Verdict is ServiceVerdict.Refused) throw new KafkaLogException($"{finding}");
            if (finding.Verdict is ServiceVerdict.Warns) Warned(_logger, $"{finding}");
        }
    }

    [LoggerMessage(11000, LogLevel.Information,
        "The topic {Topic} was made with {Partitions} partitions of {Replicas} replicas.")]
    private static partial void Created(ILogger logger, string topic, int partitions, int replicas);

    [LoggerMessage(11001, LogLevel.Warning,
        "No broker of {Brokers} answers; the start waits and asks again: {Reason}")]
    private static partial void Waiting(ILogger logger, string brokers, string reason);

    [LoggerMessage(11002, LogLevel.Warning, "{Finding}")]
    private static partial void Warned(ILogger logger, string finding);
}

/// <summary>The log cannot be used as it is; the message says what to do about it.</summary>
internal sealed class KafkaLogException(string message, Exception? inner = null) : Exception(message, inner);
