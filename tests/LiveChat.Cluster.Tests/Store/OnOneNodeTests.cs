using LiveChat.Cluster.Tests.History;
using LiveChat.Cluster.Tests.Identities;
using LiveChat.Cluster.Tests.Nodes;
using Xunit;

namespace LiveChat.Cluster.Tests.Store;

/// <summary>All contracts of the stores on one node.</summary>
public static class OnOneNodeTests
{
    [Collection(nameof(OneCassandra))]
    public sealed class HistoryStore(OneCassandra cassandra) : CassandraHistoryStoreTests(cassandra);

    [Collection(nameof(OneCassandra))]
    public sealed class UserStore(OneCassandra cassandra) : CassandraUserStoreTests(cassandra);

    [Collection(nameof(OneCassandra))]
    public sealed class ErasureStore(OneCassandra cassandra) : CassandraErasureStoreTests(cassandra);

    [Collection(nameof(OneCassandra))]
    public sealed class DeletionStore(OneCassandra cassandra) : CassandraDeletionStoreTests(cassandra);

    [Collection(nameof(OneCassandra))]
    public sealed class ChatTaker(OneCassandra cassandra) : CassandraChatTakerTests(cassandra);

    [Collection(nameof(OneCassandra))]
    public sealed class LineageStore(OneCassandra cassandra) : CassandraLineageStoreTests(cassandra);

    [Collection(nameof(OneCassandra))]
    public sealed class NodeIdStore(OneCassandra cassandra) : CassandraNodeIdStoreTests(cassandra);

    [Collection(nameof(OneCassandra))]
    public sealed class IdentityStore(OneCassandra cassandra) : CassandraIdentityStoreTests(cassandra);

    [Collection(nameof(OneCassandra))]
    public sealed class LastSeenStore(OneCassandra cassandra) : CassandraLastSeenStoreTests(cassandra);
}
