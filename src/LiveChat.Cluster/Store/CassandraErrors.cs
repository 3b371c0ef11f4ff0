using System.Security.Authentication;
using LiveChat.Cql.Errors;

namespace LiveChat.Cluster.Store;

/// <summary>What Cassandra's errors mean to an operator.</summary>
internal static class CassandraErrors
{
    /// <summary>What to do about an error that does not pass by itself; null for one that does.</summary>
    public static string? Advice(CqlException e, CassandraOptions options) => e switch
    {
        CqlNoHostException { Attempts: var attempts } => attempts.Values.OfType<CqlAuthenticationException>()
            .Select(one => Advice(one, options)).FirstOrDefault() ?? AdviceOnTls(attempts.Values, options),
        CqlAuthenticationException =>
            $"The nodes {options.ContactPoints} refuse the role {options.User ?? "(none)"}: check LiveChat:Store:User "
            + $"and PasswordFile. Cassandra said: {e.Message}",
        CqlUnauthorizedException =>
            $"The role {options.User ?? "(none)"} has too few rights: grant it CREATE, ALTER, SELECT and MODIFY on the "
            + $"keyspace {options.Keyspace}. Cassandra said: {e.Message}",
        CqlInvalidQueryException or CqlSyntaxException or CqlTypeException or CqlConfigurationException =>
            $"The keyspace {options.Keyspace} is not as this server left it: run livechat doctor. Cassandra said: "
            + e.Message,
        _ => null,
    };

    /// <summary>Null unless every node that was tried failed with TLS: one that is away may be the right one.</summary>
    private static string? AdviceOnTls(IEnumerable<Exception> attempts, CassandraOptions options) =>
        attempts.Any() && attempts.All(static one => Causes(one).Any(static cause => cause is AuthenticationException))
            ? $"TLS with the nodes {options.ContactPoints} fails: check LiveChat:Store:CertificateAuthority and "
                + "ClientCertificate, the dates of all certificates, and that those of the nodes name the addresses. "
                + string.Join(' ', Causes(attempts.First()).Select(static one => one.Message).Distinct())
            : null;

    private static IEnumerable<Exception> Causes(Exception e)
    {
        for (var cause = e; cause is not null; cause = cause.InnerException) yield return cause;
    }
}
