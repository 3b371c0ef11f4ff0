namespace LiveChat.Tests.History;

public sealed class RocksDbErasureStoreTests : ErasureStoreContract
{
    private protected override Task<Stores> OpenAsync() => Task.FromResult<Stores>(new RocksDbStores());
}
