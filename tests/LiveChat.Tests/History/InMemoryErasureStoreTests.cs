namespace LiveChat.Tests.History;

public sealed class InMemoryErasureStoreTests : ErasureStoreContract
{
    private protected override Task<Stores> OpenAsync() => Task.FromResult<Stores>(new InMemoryStores());
}
