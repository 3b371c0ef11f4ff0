namespace LiveChat.Tests.History;

public class RocksDbHistoryStoreTests : HistoryStoreContract
{
    private protected override Task<Stores> OpenAsync() => Task.FromResult<Stores>(new RocksDbStores());
}
