namespace LiveChat.Cql.Errors;

/// <summary>An ERROR message of the server (v5, section 4.2.1 and 9).</summary>
public abstract class CqlServerException : CqlException
{
    private protected CqlServerException(int code, string message)
        : base(message) => Code = code;

    /// <summary>The number of the error on the wire.</summary>
    public int Code { get; }

    /// <summary>Warnings that came with the error.</summary>
    public IReadOnlyList<string> Warnings { get; internal set; } = [];
}
