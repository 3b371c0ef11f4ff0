using LiveChat.Core.Contents;
using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Embedded.Contents;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Identities;
using Microsoft.Extensions.Logging.Abstractions;
using RocksDbSharp;

namespace LiveChat.Tests.History;

internal sealed class RocksDbStores : Stores
{
    private readonly string _folder = Directory.CreateTempSubdirectory("livechat-history-").FullName;
    private HistoryDatabase _database;
    private RocksDbHistoryStore _history;
    private RocksDbUserStore _users;

    public RocksDbStores()
    {
        _database = HistoryDatabase.Open(_folder, NullLogger<HistoryDatabase>.Instance);
        (_history, _users) = (new RocksDbHistoryStore(_database), new RocksDbUserStore(_database));
    }

    public HistoryDatabase Database => _database;

    public override IHistoryStore History => _history;

    public override IUserStore Users => _users;

    public override IdentityPorts Identities => RocksDbIdentities.Over(_database);

    public override IErasureStore Erasures => new RocksDbErasureStore(_database);

    public override IDeletionStore Deletions => new RocksDbDeletionStore(_database);

    public override IChatTaker Taker => new RocksDbChatTaker(_database, _history);

    public override async Task RestartAsync()
    {
        await _history.DisposeAsync();
        _database.Dispose();
        _database = HistoryDatabase.Open(_folder, NullLogger<HistoryDatabase>.Instance);
        (_history, _users) = (new RocksDbHistoryStore(_database), new RocksDbUserStore(_database));
    }

    /// <summary>Takes away what databases of before the index of lists do not have.</summary>
    public void ForgetChatsByTime()
    {
        using var batch = new WriteBatch();
        foreach (var (key, _) in _database.Scan(_database.ChatsByTime, [], [byte.MaxValue]))
            batch.Delete(key, _database.ChatsByTime);
        batch.Delete("chats_by_time"u8.ToArray());
        _database.Write(batch, sync: true);
    }

    public override async ValueTask DisposeAsync()
    {
        await _history.DisposeAsync();
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
