using LiveChat.Core.History;
using LiveChat.Embedded.History;
using Microsoft.Extensions.Logging.Abstractions;

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

    public override IHistoryStore History => _history;

    public override IUserStore Users => _users;

    public override async Task RestartAsync()
    {
        await _history.DisposeAsync();
        _database.Dispose();
        _database = HistoryDatabase.Open(_folder, NullLogger<HistoryDatabase>.Instance);
        (_history, _users) = (new RocksDbHistoryStore(_database), new RocksDbUserStore(_database));
    }

    public override async ValueTask DisposeAsync()
    {
        await _history.DisposeAsync();
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
