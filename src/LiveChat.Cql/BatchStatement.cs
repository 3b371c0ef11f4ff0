using LiveChat.Cql.Protocol;

namespace LiveChat.Cql;

/// <summary>
/// Several writes to one partition, in one table or more of a keyspace, as one request (BATCH, v5, section 4.1.7),
/// unlogged: applied together, or not at all, on each replica. A statement of another partition, or whose partition key
/// is not bound in full, is refused, since that would only look atomic.
/// </summary>
public sealed class BatchStatement : Statement
{
    /// <summary>What the two bytes of its count can say, and far more than a server takes.</summary>
    private const int CountMax = ushort.MaxValue;

    private static readonly StatementTraits Plain = new("BATCH", null, false);
    private static readonly StatementTraits Conditional = new("BATCH", null, true);

    private readonly List<BoundStatement> _statements = [];
    private long? _token;

    /// <summary>The number of statements.</summary>
    public int Count => _statements.Count;

    internal override StatementTraits Traits =>
        _statements.Exists(one => one.Traits.IsConditional) ? Conditional : Plain;

    internal override string? Keyspace => _statements.Count == 0 ? null : _statements[0].Keyspace;

    internal IReadOnlyList<BoundStatement> Statements => _statements;

    /// <summary>
    /// Adds a write, which must not change until the batch was executed. Throws <see cref="ArgumentException"/> for a
    /// read, for a write that is not known to go to the first one's partition, and for one with a time stamp, a
    /// consistency or a time-out of its own: the protocol has one of each for the whole batch, and they are set there.
    /// </summary>
    public BatchStatement Add(BoundStatement statement)
    {
        if (_statements.Count == CountMax) throw new InvalidOperationException($"A batch holds {CountMax} statements.");
        if (statement.Traits.IsRead) throw new ArgumentException("A batch holds writes only.", nameof(statement));
        if (statement.HasOwnSettings)
            throw new ArgumentException(
                "Time stamp, consistency and time-out are the whole batch's: set them there.", nameof(statement));
        statement.ThrowIfIncomplete();
        if (!statement.TryGetToken(out var token))
            throw new ArgumentException("The write's partition key is not bound in full.", nameof(statement));
        if (_token is { } first && (first != token || Keyspace != statement.Keyspace))
            throw new ArgumentException("The write goes to another partition.", nameof(statement));
        _token = token;
        _statements.Add(statement);
        return this;
    }

    internal override bool TryGetToken(out long token)
    {
        token = _token.GetValueOrDefault();
        return _token is not null;
    }

    internal (PreparedMetadata Prepared, IBoundValues Values)[] ToParts()
    {
        var parts = new (PreparedMetadata, IBoundValues)[_statements.Count];
        for (var index = 0; index < parts.Length; index++)
            parts[index] = (_statements[index].Checked(), _statements[index]);
        return parts;
    }
}
