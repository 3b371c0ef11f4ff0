namespace LiveChat.Cql.Errors;

/// <summary>
/// A user-defined function failed. Error 0x1400 (v5, section 9).
/// </summary>
public sealed class CqlFunctionFailureException : CqlServerException
{
    internal CqlFunctionFailureException(string message)
        : base(0x1400, message)
    {
    }

    /// <summary>The function's keyspace.</summary>
    public required string Keyspace { get; init; }

    /// <summary>The function's name.</summary>
    public required string Function { get; init; }

    /// <summary>The CQL types of its arguments.</summary>
    public required IReadOnlyList<string> ArgumentTypes { get; init; }
}
