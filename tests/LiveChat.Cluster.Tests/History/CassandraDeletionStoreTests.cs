using LiveChat.Cluster.Tests.Store;
using LiveChat.Tests.History;

namespace LiveChat.Cluster.Tests.History;

/// <summary>What every store of deletions promises, on real nodes.</summary>
public abstract class CassandraDeletionStoreTests(CassandraNodes cassandra) : DeletionStoreContract
{
    private protected override async Task<Stores> OpenAsync() => await CassandraStores.OpenAsync(cassandra);
}
