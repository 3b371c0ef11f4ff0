using System.Globalization;

namespace LiveChat.Cluster.Log;

/// <summary>
/// What the brokers and the topic must be, so that no record is lost, hidden or misplaced. One list for the start,
/// which refuses, and for <c>livechat doctor</c>, which explains.
/// </summary>
internal static class KafkaChecks
{
    private const string MinInSync = "min.insync.replicas";
    private const string OffsetsRetention = "offsets.retention.minutes";

    /// <summary>A setting of brokers before 4.0, which 4.0 removed. Its value begins with their version.</summary>
    private const string OldProtocol = "inter.broker.protocol.version";

    /// <summary>What the topic must be set to, and what would go wrong otherwise.</summary>
    private static readonly (string Check, string Name, string Value, string Why)[] Settings =
    [
        ("time", "message.timestamp.type", "LogAppendTime", "a record's time would be a client's clock"),
        ("retention", "cleanup.policy", "delete", "compaction would remove records that are still needed"),
        ("retention", "retention.ms", "-1", "brokers would remove records that are not in history yet"),
        ("retention", "retention.bytes", "-1", "brokers would remove records that are not in history yet"),
        ("elections", "unclean.leader.election.enable", "false",
            "a replica without acknowledged records could become the leader"),
    ];

    /// <summary>The settings of a topic that is made.</summary>
    public static Dictionary<string, string> SettingsOfNew(KafkaLogOptions options)
    {
        var settings = Settings.ToDictionary(static one => one.Name, static one => one.Value);
        settings[MinInSync] = Needed(options, replicas: options.SingleBroker ? 1 : 3)
            .ToString(CultureInfo.InvariantCulture);
        return settings;
    }

    /// <summary>Of the brokers: before a topic is made.</summary>
    public static IEnumerable<ServiceFinding> OfBrokers(KafkaFacts facts, KafkaLogOptions options)
    {
        if (facts.BrokersHidden)
        {
            yield return ServiceFinding.Warns("version",
                $"The user {options.User} may not see the brokers' settings, so neither their version nor "
                + $"{OffsetsRetention} was checked.",
                "Grant DescribeConfigs on the cluster.");
            yield break;
        }

        yield return Version(facts);
        yield return OffsetsKept(facts, options);
    }

    /// <summary>Of the topic.</summary>
    public static IEnumerable<ServiceFinding> OfTopic(KafkaTopicFacts topic, KafkaLogOptions options)
    {
        yield return topic.Partitions == options.Partitions
            ? ServiceFinding.Good("topic", $"{options.Topic} has {topic.Partitions} partitions, as configured.")
            : ServiceFinding.Refused("topic",
                $"The topic {options.Topic} has {topic.Partitions} partitions, LiveChat:Log:Partitions is "
                + $"{options.Partitions}, and the number never changes under a topic with chats.",
                $"Set the option to {topic.Partitions}.");
        yield return Replication(topic, options);
        yield return InSync(topic, options);
        foreach (var group in Settings.GroupBy(static one => one.Check))
            yield return group.Select(one => Setting(topic, options, one)).FirstOrDefault(static one => one is not null)
                ?? ServiceFinding.Good(
                    group.Key, string.Join(", ", group.Select(static one => $"{one.Name}={one.Value}")) + ".");
    }

    private static ServiceFinding Version(KafkaFacts facts)
    {
        var old = facts.Brokers.FirstOrDefault(static one => one.Value.ContainsKey(OldProtocol));
        return old.Key is null
            ? ServiceFinding.Good("version", "Every broker is 4.0 or newer.")
            : ServiceFinding.Refused("version",
                $"The broker {old.Key} is older than 4.0 ({OldProtocol}={old.Value[OldProtocol]}) and would show "
                + "records that too few brokers have.",
                "Update the brokers to 4.0 or newer.");
    }

    private static ServiceFinding OffsetsKept(KafkaFacts facts, KafkaLogOptions options)
    {
        var needed = (long)options.OffsetsKeptFor.TotalMinutes;
        foreach (var (broker, settings) in facts.Brokers)
        {
            if (Number(settings.GetValueOrDefault(OffsetsRetention)) is not { } kept || kept >= needed) continue;
            return ServiceFinding.Refused("offsets",
                $"The broker {broker} has {OffsetsRetention}={kept} and forgets how far the readers were before the "
                + "log is trimmed (LiveChat:Trim:Retention).",
                $"Set it to {needed} or more in every broker's configuration.");
        }

        return ServiceFinding.Good("offsets", $"{OffsetsRetention} is {needed} or more.");
    }

    private static ServiceFinding Replication(KafkaTopicFacts topic, KafkaLogOptions options) => topic.Replicas switch
    {
        >= 3 => ServiceFinding.Good("replication", $"Every partition has {topic.Replicas} replicas or more."),
        _ when options.SingleBroker => ServiceFinding.Warns("replication",
            $"LiveChat:Log:SingleBroker is set and the topic {options.Topic} has {topic.Replicas} replica(s): a broken "
            + "disk loses messages.",
            "Use it for trials only; production needs three brokers."),
        _ => ServiceFinding.Refused("replication",
            $"A partition of the topic {options.Topic} has {topic.Replicas} replica(s), and 3 are needed for no "
            + "message to be lost.",
            "Add replicas with kafka-reassign-partitions, or, for a trial, set LiveChat:Log:SingleBroker=true."),
    };

    private static ServiceFinding InSync(KafkaTopicFacts topic, KafkaLogOptions options)
    {
        var needed = Needed(options, topic.Replicas);
        var found = topic.Settings.GetValueOrDefault(MinInSync);
        return Number(found) >= needed
            ? ServiceFinding.Good("min_isr", $"{MinInSync} is {found}.")
            : ServiceFinding.Refused("min_isr",
                $"The topic {options.Topic} has {MinInSync}={found}: a record that one broker alone has would be "
                + "acknowledged.",
                Alter(options, MinInSync, $"{needed}"));
    }

    private static ServiceFinding? Setting(
        KafkaTopicFacts topic, KafkaLogOptions options, (string Check, string Name, string Value, string Why) one)
    {
        var found = topic.Settings.GetValueOrDefault(one.Name);
        return string.Equals(found, one.Value, StringComparison.OrdinalIgnoreCase)
            ? null
            : ServiceFinding.Refused(one.Check,
                $"The topic {options.Topic} has {one.Name}={found}: {one.Why}.",
                Alter(options, one.Name, one.Value));
    }

    private static int Needed(KafkaLogOptions options, int replicas) =>
        options.SingleBroker && replicas < 3 ? 1 : 2;

    private static string Alter(KafkaLogOptions options, string name, string value) =>
        $"Set it with kafka-configs --alter --entity-type topics --entity-name {options.Topic} --add-config "
        + $"{name}={value}.";

    private static long? Number(string? text) =>
        long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null;
}
