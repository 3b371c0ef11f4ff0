namespace LiveChat.Tests.History;

public sealed class InMemoryDeletionStoreTests : DeletionStoreContract
{
    private protected override Task<Stores> OpenAsync() => Task.FromResult<Stores>(new InMemoryStores());
}
