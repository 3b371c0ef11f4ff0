namespace LiveChat.Cluster;

/// <summary>One thing of a service that was looked at.</summary>
/// <param name="Name">What was looked at: a word that does not change.</param>
/// <param name="Verdict">How it is.</param>
/// <param name="Found">What was found: a sentence.</param>
/// <param name="Advice">What to do: a sentence; null when there is nothing to do.</param>
internal sealed record ServiceFinding(string Name, ServiceVerdict Verdict, string Found, string? Advice = null)
{
    public static ServiceFinding Good(string name, string found) => new(name, ServiceVerdict.Good, found);

    public static ServiceFinding Warns(string name, string found, string advice) =>
        new(name, ServiceVerdict.Warns, found, advice);

    public static ServiceFinding Refused(string name, string found, string advice) =>
        new(name, ServiceVerdict.Refused, found, advice);

    /// <summary>Both sentences.</summary>
    public override string ToString() => Advice is null ? Found : $"{Found} {Advice}";
}

/// <summary>How good it is.</summary>
internal enum ServiceVerdict
{
    Good = 0,

    /// <summary>The server starts and says so at every start.</summary>
    Warns = 1,

    /// <summary>The server does not start; without presence it does.</summary>
    Refused = 2,
}
