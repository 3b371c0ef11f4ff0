using LiveChat.Cluster.Tests.Store;
using LiveChat.Tests.History;
using Xunit;

namespace LiveChat.Cluster.Tests.History;

/// <summary>What every store of the users' side promises, on a real node.</summary>
[Collection(nameof(OneCassandra))]
public sealed class CassandraUserStoreTests(OneCassandra cassandra) : UserStoreContract
{
    private protected override async Task<Stores> OpenAsync() => await CassandraStores.OpenAsync(cassandra);
}
