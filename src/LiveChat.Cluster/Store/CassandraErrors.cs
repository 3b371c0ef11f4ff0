using LiveChat.Cql.Errors;

namespace LiveChat.Cluster.Store;

/// <summary>What Cassandra's errors mean to an operator.</summary>
internal static class CassandraErrors
{
    /// <summary>What to do about an error that does not pass by itself; null for one that does.</summary>
    public static string? Advice(CqlException e, CassandraOptions options) => e switch
    {
        CqlNoHostException { Attempts: var attempts } => attempts.Values.OfType<CqlAuthenticationException>()
            .Select(one => Advice(one, options)).FirstOrDefault(),
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
}
