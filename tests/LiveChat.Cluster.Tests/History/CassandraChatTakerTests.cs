using LiveChat.Cluster.Tests.Store;
using LiveChat.Tests.History;

namespace LiveChat.Cluster.Tests.History;

/// <summary>What every taker of chats promises, on real nodes.</summary>
public abstract class CassandraChatTakerTests(CassandraNodes cassandra) : ChatTakerContract
{
    private protected override int StreamsPercent => 20;

    private protected override async Task<Stores> OpenAsync() => await CassandraStores.OpenAsync(cassandra);
}
