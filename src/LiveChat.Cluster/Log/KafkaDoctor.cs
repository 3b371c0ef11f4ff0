using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveChat.Cluster.Log;

/// <summary>Everything that a start would check of the brokers and the topic, and their clocks. Changes nothing.
/// </summary>
internal static class KafkaDoctor
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan DriftMax = TimeSpan.FromSeconds(1);

    /// <param name="options">The options that the server is started with.</param>
    /// <param name="former">The line beside history that says which topic the chats stand in (<see cref="KafkaMark"/>);
    /// null where there are none yet.</param>
    /// <param name="time">The clock that is compared.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<IReadOnlyList<ServiceFinding>> LookAsync(
        KafkaLogOptions options, string? former, TimeProvider time, CancellationToken cancellationToken)
    {
        var findings = new List<ServiceFinding>();
        try
        {
            await using var clients = new KafkaClients(options, time, NullLoggerFactory.Instance);
            using var admin = new KafkaAdmin(clients);
            var facts = await admin.LookAsync(cancellationToken).WaitAsync(Patience, time, cancellationToken);
            findings.Add(ServiceFinding.Good("brokers", $"{options.Brokers} answer."));
            findings.AddRange(KafkaChecks.OfBrokers(facts, options));
            KafkaMark.Check(KafkaMark.Parse(former), facts.Topic?.Id, hasReaders: false, options);
            if (facts.Topic is null)
            {
                findings.Add(ServiceFinding.Good("topic", $"There is no {options.Topic}: the first start makes it."));
                return findings;
            }

            findings.AddRange(KafkaChecks.OfTopic(facts.Topic, options));
            findings.Add(await ClockAsync(admin, options, facts.Topic.Partitions, time));
        }
        catch (KafkaLogException e)
        {
            findings.Add(ServiceFinding.Refused("start", "The server would not start.", e.Message));
        }
        catch (Exception e) when (e is KafkaAwayException or TimeoutException)
        {
            findings.Add(ServiceFinding.Refused(
                "brokers",
                $"No broker of {options.Brokers} answers: {e.Message}",
                "Start the brokers, or correct LiveChat:Log:Brokers, Tls and Mechanism; a server waits for them."));
        }

        return findings;
    }

    /// <summary>Brokers give records their time. One that is later than now shows a clock that is ahead.</summary>
    private static async Task<ServiceFinding> ClockAsync(
        KafkaAdmin admin, KafkaLogOptions options, int partitions, TimeProvider time)
    {
        var asked = Enumerable.Range(0, partitions).Select(one => new TopicPartitionOffsetSpec
        {
            TopicPartition = new TopicPartition(options.Topic, one), OffsetSpec = OffsetSpec.MaxTimestamp(),
        });
        try
        {
            var latest = await admin.Client.ListOffsetsAsync(
                asked, new ListOffsetsOptions { RequestTimeout = Patience });
            var ahead = TimeSpan.FromMilliseconds(
                latest.ResultInfos.Max(static one => one.Timestamp) - time.GetUtcNow().ToUnixTimeMilliseconds());
            return ahead <= DriftMax
                ? ServiceFinding.Good("clock", "No record is later than the clock of this machine.")
                : ServiceFinding.Warns(
                    "clock",
                    $"A record is {ahead.TotalSeconds:0} s later than the clock of this machine.",
                    "Synchronize the clocks of the brokers and of this machine (chrony, systemd-timesyncd).");
        }
        catch (KafkaException e)
        {
            return ServiceFinding.Warns(
                "clock", $"The brokers do not say when the last record was: {e.Error.Reason}", "Ask again later.");
        }
    }
}
