namespace LiveChat.Cql.Cluster;

/// <summary>
/// How a keyspace is replicated: a factor for each data centre, or one for the whole ring (SimpleStrategy).
/// </summary>
internal sealed record Replication(string Strategy, IReadOnlyDictionary<string, int> Factors)
{
    private const string Simple = "SimpleStrategy";

    public bool IsSimple => Strategy == Simple;

    public int SimpleFactor => Factors.GetValueOrDefault("replication_factor");

    /// <summary>The map of system_schema.keyspaces. A transient factor "3/1" counts as its first number.</summary>
    public static Replication Parse(IReadOnlyDictionary<string, string> options)
    {
        var strategy = options.GetValueOrDefault("class", Simple);
        var factors = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (key, value) in options)
        {
            if (key != "class" && int.TryParse(value.AsSpan().Slice(0, FactorLength(value)), out var factor))
                factors[key] = factor;
        }

        return new Replication(strategy[(strategy.LastIndexOf('.') + 1)..], factors);
    }

    /// <summary>The same for two keyspaces that are replicated alike.</summary>
    public string Key =>
        Strategy + ":" + string.Join(
            ',', Factors.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}"));

    private static int FactorLength(string value)
    {
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? value.Length : slash;
    }
}
