using LiveChat.Cluster.Tests.History;
using LiveChat.Cluster.Tests.Identities;
using LiveChat.Cluster.Tests.Nodes;
using Xunit;

namespace LiveChat.Cluster.Tests.Store;

/// <summary>All contracts of the stores on three nodes, each with every row.</summary>
public static class OnThreeNodesTests
{
    [Collection(nameof(ThreeCassandra))]
    public sealed class HistoryStore(ThreeCassandra cassandra) : CassandraHistoryStoreTests(cassandra);

    [Collection(nameof(ThreeCassandra))]
    public sealed class UserStore(ThreeCassandra cassandra) : CassandraUserStoreTests(cassandra);

    [Collection(nameof(ThreeCassandra))]
    public sealed class ErasureStore(ThreeCassandra cassandra) : CassandraErasureStoreTests(cassandra);

    [Collection(nameof(ThreeCassandra))]
    public sealed class DeletionStore(ThreeCassandra cassandra) : CassandraDeletionStoreTests(cassandra);

    [Collection(nameof(ThreeCassandra))]
    public sealed class LineageStore(ThreeCassandra cassandra) : CassandraLineageStoreTests(cassandra);

    [Collection(nameof(ThreeCassandra))]
    public sealed class NodeIdStore(ThreeCassandra cassandra) : CassandraNodeIdStoreTests(cassandra);

    [Collection(nameof(ThreeCassandra))]
    public sealed class IdentityStore(ThreeCassandra cassandra) : CassandraIdentityStoreTests(cassandra);

    [Collection(nameof(ThreeCassandra))]
    public sealed class LastSeenStore(ThreeCassandra cassandra) : CassandraLastSeenStoreTests(cassandra);
}
