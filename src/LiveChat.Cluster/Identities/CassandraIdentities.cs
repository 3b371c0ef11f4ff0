using LiveChat.Cluster.Store;
using LiveChat.Core.Identities;

namespace LiveChat.Cluster.Identities;

/// <summary>The ports of who is who on Cassandra.</summary>
internal static class CassandraIdentities
{
    public static IdentityPorts Over(CassandraSession session, Decisions decisions) => new(
        new CassandraIdentityStore(session, decisions),
        new CassandraApiKeyStore(session, decisions),
        new CassandraUserSettingsStore(session, decisions),
        new CassandraLastSeenStore(session));
}
