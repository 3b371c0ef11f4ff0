using LiveChat.Core.Identities;
using LiveChat.Embedded.History;

namespace LiveChat.Embedded.Identities;

/// <summary>The ports of who is who over the database of history.</summary>
internal static class RocksDbIdentities
{
    public static IdentityPorts Over(HistoryDatabase database) => new(
        new RocksDbIdentityStore(database),
        new RocksDbApiKeyStore(database),
        new RocksDbUserSettingsStore(database),
        new RocksDbLastSeenStore(database));
}
