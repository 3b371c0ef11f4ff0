namespace LiveChat.Cql;

/// <summary>
/// A CQL text without values (QUERY, v5, section 4.1.4): schema statements, and whatever is run once.
/// </summary>
public sealed class SimpleStatement : Statement
{
    /// <summary>Takes the text as it is. What has values is prepared.</summary>
    /// <param name="cql">The text.</param>
    public SimpleStatement(string cql)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(cql);
        Cql = cql;
        Traits = StatementTraits.Parse(cql);
    }

    /// <summary>The text.</summary>
    public string Cql { get; }

    internal override StatementTraits Traits { get; }
}
