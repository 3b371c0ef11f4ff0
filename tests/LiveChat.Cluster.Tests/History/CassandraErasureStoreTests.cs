using LiveChat.Cluster.Tests.Store;
using LiveChat.Tests.History;

namespace LiveChat.Cluster.Tests.History;

/// <summary>What every store of erasures promises, on real nodes.</summary>
public abstract class CassandraErasureStoreTests(CassandraNodes cassandra) : ErasureStoreContract
{
    private protected override async Task<Stores> OpenAsync() => await CassandraStores.OpenAsync(cassandra);
}
