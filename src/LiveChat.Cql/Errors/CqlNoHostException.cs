using System.Net;
using LiveChat.Cql.Connections;

namespace LiveChat.Cql.Errors;

/// <summary>No node could be asked: nothing of the statement was sent.</summary>
public sealed class CqlNoHostException : CqlException
{
    internal CqlNoHostException(string message, IReadOnlyDictionary<EndPoint, Exception> attempts)
        : base(attempts.Count == 0
            ? message
            : $"{message} {string.Join("; ", attempts.Select(TextOf))}") =>
        Attempts = attempts;

    /// <summary>What each node that was tried failed with.</summary>
    public IReadOnlyDictionary<EndPoint, Exception> Attempts { get; }

    /// <inheritdoc/>
    public override bool IsRetryable => true;

    private static string TextOf(KeyValuePair<EndPoint, Exception> attempt) =>
        $"{NodeAddress.TextOf(attempt.Key)}: {attempt.Value.Message}";
}
