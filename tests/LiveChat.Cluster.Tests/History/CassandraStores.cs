using LiveChat.Cluster.History;
using LiveChat.Cluster.Store;
using LiveChat.Cluster.Tests.Store;
using LiveChat.Core.History;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.History;

namespace LiveChat.Cluster.Tests.History;

/// <summary>The stores of the keyspace that tests share.</summary>
internal sealed class CassandraStores : Stores
{
    private readonly OneCassandra _cassandra;
    private CassandraSession _session;
    private CassandraHistoryStore _history;

    private CassandraStores(OneCassandra cassandra, CassandraSession session)
    {
        (_cassandra, _session) = (cassandra, session);
        _history = new CassandraHistoryStore(session, static () => "epoch");
    }

    public override IHistoryStore History => _history;

    public override IUserStore Users => new UserRows(_session);

    public static async Task<CassandraStores> OpenAsync(OneCassandra cassandra) =>
        new(cassandra, await cassandra.SharedAsync());

    public override async Task RestartAsync()
    {
        await DisposeAsync();
        _session = await _cassandra.SharedAsync();
        _history = new CassandraHistoryStore(_session, static () => "epoch");
    }

    public override async ValueTask DisposeAsync()
    {
        await _history.DisposeAsync();
        await _session.DisposeAsync();
    }

    /// <summary>The rows of users that history writes.</summary>
    private sealed class UserRows(CassandraSession session) : IUserStore
    {
        public ValueTask<UserChat?> ReadUserChatAsync(UserId user, ChatId chat, CancellationToken cancellationToken) =>
            new UserChatRows(session).ReadAsync(user, chat, cancellationToken);

        public ValueTask<ChatClaim> ClaimChatAsync(
            string scope, ChatClaim claim, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<UserChat>> ReadUserChatsAsync(
            UserId user, ChatId after, int limit, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<IReadOnlyList<PlacedChat>> ReadChatsByTimeAsync(
            UserId user, ChatOrder order, ChatPlace behind, int limit, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<IReadOnlyList<MarkerRaise>> RaiseMarkersAsync(
            IReadOnlyList<MarkerRaise> markers, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<IReadOnlyList<Marker>> ReadMarkersAsync(
            ChatId chat, IReadOnlyCollection<UserId> users, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
