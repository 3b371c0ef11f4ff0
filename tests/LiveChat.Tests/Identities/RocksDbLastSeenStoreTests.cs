using LiveChat.Core.Identities;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Identities;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveChat.Tests.Identities;

public sealed class RocksDbLastSeenStoreTests : LastSeenStoreContract, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("livechat-last-seen-").FullName;
    private HistoryDatabase _database;
    private RocksDbLastSeenStore _store;

    public RocksDbLastSeenStoreTests()
    {
        _database = Open();
        _store = new RocksDbLastSeenStore(_database);
    }

    private protected override ILastSeenStore Store => _store;

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    protected override Task RestartAsync()
    {
        _database.Dispose();
        _database = Open();
        _store = new RocksDbLastSeenStore(_database);
        return Task.CompletedTask;
    }

    private HistoryDatabase Open() => HistoryDatabase.Open(_folder, NullLogger<HistoryDatabase>.Instance);
}
