using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace LiveChat.Cluster.Log;

/// <summary>What Kafka's errors mean here.</summary>
internal static class KafkaErrors
{
    /// <summary>What is wrong: of a request about several things the error of the first that has one.</summary>
    public static Error Of(KafkaException e) => e switch
    {
        CreateTopicsException { Results: var results } =>
            results.FirstOrDefault(static one => one.Error.IsError)?.Error ?? e.Error,
        DescribeTopicsException { Results: var results } =>
            results.TopicDescriptions.FirstOrDefault(static one => one.Error.IsError)?.Error ?? e.Error,
        DescribeConfigsException { Results: var results } =>
            results.FirstOrDefault(static one => one.Error.IsError)?.Error ?? e.Error,
        TopicPartitionOffsetException { Results: var results } =>
            results.FirstOrDefault(static one => one.Error.IsError)?.Error ?? e.Error,
        ListOffsetsException { Result: var result } => result.ResultInfos
            .Select(static one => one.TopicPartitionOffsetError.Error)
            .FirstOrDefault(static error => error.IsError) ?? e.Error,
        DeleteRecordsException { Results: var results } =>
            results.FirstOrDefault(static one => one.Error.IsError)?.Error ?? e.Error,
        _ => e.Error,
    };

    /// <summary>Whether asking again may help without anybody doing anything.</summary>
    public static bool IsTransient(Error error) => error.Code is
        ErrorCode.Local_Transport or ErrorCode.Local_AllBrokersDown or ErrorCode.Local_TimedOut
        or ErrorCode.Local_TimedOutQueue or ErrorCode.Local_WaitCoord or ErrorCode.Local_Resolve
        or ErrorCode.Local_MsgTimedOut or ErrorCode.Local_QueueFull or ErrorCode.Local_NodeUpdate
        or ErrorCode.RequestTimedOut or ErrorCode.LeaderNotAvailable or ErrorCode.NotLeaderForPartition
        or ErrorCode.BrokerNotAvailable or ErrorCode.ReplicaNotAvailable or ErrorCode.NetworkException
        or ErrorCode.GroupLoadInProgress or ErrorCode.GroupCoordinatorNotAvailable
        or ErrorCode.NotCoordinatorForGroup or ErrorCode.NotEnoughReplicas
        or ErrorCode.NotEnoughReplicasAfterAppend or ErrorCode.NotController or ErrorCode.KafkaStorageError
        or ErrorCode.ThrottlingQuotaExceeded or ErrorCode.Unknown;

    /// <summary>Whether the topic no longer has the record that was asked for.</summary>
    public static bool IsTrimmed(Error error) => error.Code is
        ErrorCode.OffsetOutOfRange or ErrorCode.Local_NoOffset or ErrorCode.Local_AutoOffsetReset
        or ErrorCode.Local_LogTruncation;

    /// <summary>Whether a right is missing or a proof is refused: an alert, and no end of a node that runs.</summary>
    public static bool IsRefusal(Error error) => IsProofRefused(error) || error.Code is
        ErrorCode.TopicAuthorizationFailed or ErrorCode.GroupAuthorizationFailed
        or ErrorCode.ClusterAuthorizationFailed or ErrorCode.TransactionalIdAuthorizationFailed;

    /// <summary>Whether a password or a certificate is refused, for the whole of a connection.</summary>
    public static bool IsProofRefused(Error error) => IsOwnCertificateRefused(error) || error.Code is
        ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed or ErrorCode.Local_Ssl;

    /// <summary>Whether a broker does not accept the certificate of this node, or misses one. With TLS 1.3 it says so
    /// after the handshake, so that the client takes it for a connection that broke: only the text tells.</summary>
    private static bool IsOwnCertificateRefused(Error error) =>
        error.Code is ErrorCode.Local_Ssl or ErrorCode.Local_Transport
        && error.Reason.Contains("alert", StringComparison.Ordinal)
        && (error.Reason.Contains("certificate", StringComparison.Ordinal)
            || error.Reason.Contains("unknown ca", StringComparison.Ordinal));

    /// <summary>One sentence with what to do.</summary>
    public static string Advice(Error error, KafkaLogOptions options) => error.Code switch
    {
        _ when IsOwnCertificateRefused(error) =>
            $"The brokers {options.Brokers} refuse the server's certificate: check LiveChat:Log:ClientCertificate and "
            + $"ClientKey ({error.Reason}).",
        ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed =>
            $"The brokers {options.Brokers} refuse the user {options.User}: check LiveChat:Log:User, Mechanism and "
            + "PasswordFile.",
        ErrorCode.Local_Ssl =>
            $"The certificate of a broker of {options.Brokers} does not match: check "
            + "LiveChat:Log:CertificateAuthority "
            + $"and the names in the certificate ({error.Reason}).",
        ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed =>
            $"The user {options.User} has no right to the topic {options.Topic}: grant Describe, DescribeConfigs, "
            + "Read, Write, Delete and Create.",
        ErrorCode.GroupAuthorizationFailed =>
            $"The user {options.User} has no right to the groups history-writers and delivery-workers: grant Read.",
        ErrorCode.InvalidReplicationFactor =>
            $"The topic {options.Topic} cannot be made: fewer than three brokers run at {options.Brokers}. Start "
            + "three, or, for a trial, set LiveChat:Log:SingleBroker=true.",
        _ => $"The brokers {options.Brokers} answered: {error.Reason} ({error.Code}).",
    };
}
