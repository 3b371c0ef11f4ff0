namespace LiveChat.Cluster.Log;

/// <summary>What was looked at, and what was found: a sentence, and where it is not good, one with what to do.</summary>
internal sealed record KafkaFinding(string Name, KafkaVerdict Verdict, string Says)
{
    public static KafkaFinding Good(string name, string says) => new(name, KafkaVerdict.Good, says);

    public static KafkaFinding Warns(string name, string says) => new(name, KafkaVerdict.Warns, says);

    public static KafkaFinding Refused(string name, string says) => new(name, KafkaVerdict.Refused, says);
}

/// <summary>How good it is.</summary>
internal enum KafkaVerdict
{
    Good = 0,

    /// <summary>The server starts and says so at every start.</summary>
    Warns = 1,

    /// <summary>The server does not start.</summary>
    Refused = 2,
}
