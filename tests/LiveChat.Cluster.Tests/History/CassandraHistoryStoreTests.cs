using LiveChat.Cluster.Tests.Store;
using LiveChat.Tests.History;

namespace LiveChat.Cluster.Tests.History;

/// <summary>What every store of history promises, on real nodes.</summary>
public abstract class CassandraHistoryStoreTests(CassandraNodes cassandra) : HistoryStoreContract
{
    /// <summary>A stream is read back through the network after each of its commits: hundreds of requests.</summary>
    private protected override int StreamsPercent => 8;

    private protected override async Task<Stores> OpenAsync() => await CassandraStores.OpenAsync(cassandra);
}
