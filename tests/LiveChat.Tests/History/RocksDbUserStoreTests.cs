namespace LiveChat.Tests.History;

public class RocksDbUserStoreTests : UserStoreContract
{
    private protected override Task<Stores> OpenAsync() => Task.FromResult<Stores>(new RocksDbStores());
}
