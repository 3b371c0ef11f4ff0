namespace LiveChat.Cluster.Log;

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">What was looked at: a word that does not change.</param>
/// <param name="Verdict">How it is.</param>
/// <param name="Found">What was found: a sentence.</param>
/// <param name="Advice">What to do: a sentence; null when there is nothing to do.</param>
internal sealed record KafkaFinding(string Name, KafkaVerdict Verdict, string Found, string? Advice = null)
{
    public static KafkaFinding Good(string name, string found) => new(name, KafkaVerdict.Good, found);

    public static KafkaFinding Warns(string name, string found, string advice) =>
        new(name, KafkaVerdict.Warns, found, advice);

    public static KafkaFinding Refused(string name, string found, string advice) =>
        new(name, KafkaVerdict.Refused, found, advice);

    /// <summary>Both sentences.</summary>
    public override string ToString() => Advice is null ? Found : $"{Found} {Advice}";
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
