using System.Net;

namespace LiveChat.Cql.Errors;

/// <summary>No node could be asked. Nothing was sent by the last attempt to any of them.</summary>
public sealed class CqlNoHostException : CqlException
{
    internal CqlNoHostException(string message, IReadOnlyDictionary<EndPoint, Exception> attempts)
        : base(attempts.Count == 0
            ? message
            : $"{message} {string.Join("; ", attempts.Select(pair => $"{pair.Key}: {pair.Value.Message}"))}") =>
        Attempts = attempts;

    /// <summary>What each node that was tried failed with.</summary>
    public IReadOnlyDictionary<EndPoint, Exception> Attempts { get; }

    /// <inheritdoc/>
    public override bool IsRetryable => true;
}
