namespace LiveChat.Cluster.Log;

/// <summary>What the brokers say of themselves and of the topic.</summary>
internal sealed record KafkaFacts
{
    /// <summary>The settings of each broker, by its address; empty when <see cref="BrokersHidden"/>.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, string?>> Brokers { get; init; }

    /// <summary>Whether the user may not see the brokers' settings.</summary>
    public bool BrokersHidden { get; init; }

    /// <summary>The topic; null where there is none.</summary>
    public KafkaTopicFacts? Topic { get; init; }
}

/// <summary>What the topic is.</summary>
/// <param name="Id">Another topic of the same name has another id.</param>
/// <param name="Partitions">How many.</param>
/// <param name="Replicas">Of the partition that has the fewest.</param>
/// <param name="Settings">Those in effect.</param>
internal sealed record KafkaTopicFacts(
    string Id, int Partitions, int Replicas, IReadOnlyDictionary<string, string?> Settings);
