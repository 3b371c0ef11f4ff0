using LiveChat.Cluster.Tests.Store;
using LiveChat.Tests.History;

namespace LiveChat.Cluster.Tests.History;

/// <summary>What every store of the users' side promises, on real nodes.</summary>
public abstract class CassandraUserStoreTests(CassandraNodes cassandra) : UserStoreContract
{
    private protected override async Task<Stores> OpenAsync() => await CassandraStores.OpenAsync(cassandra);
}
