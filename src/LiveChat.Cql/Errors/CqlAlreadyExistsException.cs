namespace LiveChat.Cql.Errors;

/// <summary>
/// A keyspace or table of that name exists. Error 0x2400 (v5, section 9).
/// </summary>
public sealed class CqlAlreadyExistsException : CqlServerException
{
    internal CqlAlreadyExistsException(string message)
        : base(0x2400, message)
    {
    }

    /// <summary>The keyspace that exists, or in which the table exists.</summary>
    public required string Keyspace { get; init; }

    /// <summary>The table, or empty when it is the keyspace that exists.</summary>
    public required string Table { get; init; }
}
