using LiveChat.Cluster.Contents;
using LiveChat.Cluster.History;
using LiveChat.Cluster.Identities;
using LiveChat.Cluster.Store;
using LiveChat.Cluster.Tests.Store;
using LiveChat.Core.Contents;
using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Tests.History;

namespace LiveChat.Cluster.Tests.History;

/// <summary>The stores of the keyspace that tests share.</summary>
internal sealed class CassandraStores : Stores
{
    private readonly CassandraNodes _cassandra;
    private readonly Decisions _decisions = new(TimeProvider.System);
    private CassandraSession _session;
    private CassandraHistoryStore _history;

    private CassandraStores(CassandraNodes cassandra, CassandraSession session)
    {
        (_cassandra, _session) = (cassandra, session);
        _history = new CassandraHistoryStore(session, static () => "epoch");
    }

    public override IHistoryStore History => _history;

    public override IUserStore Users => new CassandraUserStore(_session, _decisions);

    public override IdentityPorts Identities => CassandraIdentities.Over(_session, _decisions);

    public override IErasureStore Erasures => new CassandraErasureStore(_session, _decisions, TimeProvider.System);

    public override IDeletionStore Deletions => new CassandraDeletionStore(_session, _decisions, TimeProvider.System);

    public override IChatTaker Taker => new CassandraChatTaker(_session);

    public static async Task<CassandraStores> OpenAsync(CassandraNodes cassandra) =>
        new(cassandra, await cassandra.SharedAsync());

    public override async Task RestartAsync()
    {
        await CloseAsync();
        _session = await _cassandra.SharedAsync();
        _history = new CassandraHistoryStore(_session, static () => "epoch");
    }

    public override async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _decisions.Dispose();
    }

    private async ValueTask CloseAsync()
    {
        await _history.DisposeAsync();
        await _session.DisposeAsync();
    }
}
