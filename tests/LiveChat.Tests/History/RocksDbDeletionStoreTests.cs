namespace LiveChat.Tests.History;

public sealed class RocksDbDeletionStoreTests : DeletionStoreContract
{
    private protected override Task<Stores> OpenAsync() => Task.FromResult<Stores>(new RocksDbStores());
}
