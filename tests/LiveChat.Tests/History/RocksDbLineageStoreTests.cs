using LiveChat.Core.History;
using LiveChat.Embedded.History;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveChat.Tests.History;

public sealed class RocksDbLineageStoreTests : LineageStoreContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("livechat-lineage-").FullName;
    private HistoryDatabase? _database;

    private protected override ILineageStore Store => new RocksDbLineageStore(_database!);

    private protected override string Epoch => _database!.Epoch;

    private protected override Task RestartAsync()
    {
        _database?.Dispose();
        _database = HistoryDatabase.Open(_folder, NullLogger<HistoryDatabase>.Instance);
        return Task.CompletedTask;
    }

    public override async ValueTask InitializeAsync() => await RestartAsync();

    public override ValueTask DisposeAsync()
    {
        _database?.Dispose();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
